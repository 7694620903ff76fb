; Memory for a long answer holds its header and its data, and 32 bits can say how many bytes it has.
(declare-const data (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(assert (= byteCount (bvadd data #x0000000000000018)))
(define-fun fits () Bool
  (and (bvsge byteCount #x0000000000000000) (bvsle byteCount #x00000000ffffffff)))
(assert (bvsge data #x0000000000000000))
(define-fun guard () Bool
  (and fits
    (= ((_ sign_extend 1) byteCount)
      (bvadd ((_ sign_extend 1) data) ((_ sign_extend 1) #x0000000000000018)))))
; The low 32 bits of a number that has more.
(define-fun planted () Bool (bvsge byteCount #x0000000000000000))
(define-fun claim () Bool
  (and (bvsge byteCount #x0000000000000018)
    (= ((_ zero_extend 32) ((_ extract 31 0) byteCount)) byteCount)))
