; Registers that are translated lie wholly inside of the range that they are translated by.
(declare-const base (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const start (_ BitVec 64))
(declare-const size (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
(define-fun end () (_ BitVec 64) (bvadd base byteCount))
; Their end is a number, which is seen before.
(assert (= (wide end) (bvadd (wide base) (wide byteCount))))
(define-fun guard () Bool (and (bvuge base start) (bvule (bvsub end start) size)))
(define-fun planted () Bool (bvule (bvsub end start) size))
(define-fun claim () Bool
  (and (bvuge base start)
    (bvule (bvadd (wide base) (wide byteCount)) (bvadd (wide start) (wide size)))))
