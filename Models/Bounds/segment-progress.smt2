; Each piece of scattered memory takes the walk further, and not past its end, whatever a platform says.
(declare-const said (_ BitVec 32))
(declare-const offset (_ BitVec 64))
(declare-const end (_ BitVec 64))
(declare-const count (_ BitVec 64))
(define-fun least ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvult a b) a b))
(define-fun next () (_ BitVec 64) ((_ zero_extend 32) said))
(assert (bvsge offset #x0000000000000000))
(assert (bvslt offset end))
(define-fun guard () Bool
  (= count
    (least (ite (bvult next #x0000000000000001) #x0000000000000001 next) (bvsub end offset))))
(define-fun planted () Bool (= count (least next (bvsub end offset))))
(define-fun claim () Bool
  (and (bvsgt (bvadd offset count) offset) (bvsle (bvadd offset count) end)))
