; Each register of a window has an address that is not before the window's first.
(declare-const base (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
(assert (bvult offset byteCount))
(define-fun guard () Bool
  (and (bvugt byteCount #x0000000000000000)
    (= (wide (bvadd base (bvsub byteCount #x0000000000000001)))
      (bvadd (wide base) (wide (bvsub byteCount #x0000000000000001))))))
(define-fun planted () Bool (bvugt byteCount #x0000000000000000))
(define-fun claim () Bool (bvuge (bvadd base offset) base))
