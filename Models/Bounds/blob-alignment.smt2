; The alignment of a shared picture is a power of two, of at least a page and at least the device's.
(declare-const said (_ BitVec 32))
(declare-const alignment (_ BitVec 64))
(define-fun wide () (_ BitVec 64) ((_ zero_extend 32) said))
(define-fun isChosen () Bool
  (= alignment (ite (bvslt wide #x0000000000001000) #x0000000000001000 wide)))
; One bit is set: there is one, and none beside the lowest.
(define-fun guard () Bool
  (and isChosen (distinct said #x00000000)
    (= (bvand said (bvsub said #x00000001)) #x00000000)))
(define-fun planted () Bool (and isChosen (distinct said #x00000000)))
(define-fun claim () Bool
  (and (bvsge alignment #x0000000000001000) (bvsge alignment wide)
    (= (bvand alignment (bvsub alignment #x0000000000000001)) #x0000000000000000)))
