; Two structures of which neither overlaps the other have no register in common. Neither window wraps, by
; window-end.
(declare-const first (_ BitVec 64))
(declare-const firstCount (_ BitVec 64))
(declare-const second (_ BitVec 64))
(declare-const secondCount (_ BitVec 64))
(declare-const any (_ BitVec 64))
(assert (bvule first second))
(assert (bvugt firstCount #x0000000000000000))
(assert (bvugt secondCount #x0000000000000000))
(assert (bvuge (bvadd first (bvsub firstCount #x0000000000000001)) first))
(assert (bvuge (bvadd second (bvsub secondCount #x0000000000000001)) second))
(define-fun guard () Bool (not (bvult (bvsub second first) firstCount)))
; The first may end where addresses do, and its end is 0 then.
(define-fun planted () Bool (not (bvult second (bvadd first firstCount))))
(define-fun claim () Bool
  (not (and (bvule first any) (bvule any (bvadd first (bvsub firstCount #x0000000000000001)))
    (bvule second any) (bvule any (bvadd second (bvsub secondCount #x0000000000000001))))))
