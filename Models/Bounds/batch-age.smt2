; A batch is the device's still if and only if its end lies behind what is completed, and not behind what is
; published.
(declare-const end (_ BitVec 16))
(declare-const completed (_ BitVec 16))
(declare-const published (_ BitVec 16))
(declare-const isOpen Bool)
(define-fun guard () Bool
  (= isOpen (bvult (bvsub (bvsub end completed) #x0001) (bvsub published completed))))
(define-fun planted () Bool
  (= isOpen (bvult (bvsub end completed) (bvsub published completed))))
(define-fun claim () Bool
  (= isOpen
    (and (distinct end completed) (bvule (bvsub end completed) (bvsub published completed)))))
