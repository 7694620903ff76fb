; A part of a window of registers lies inside the window: no sum of the two is ever made that could wrap.
(declare-const base (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(declare-const part (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
(define-fun guard () Bool (and (bvule offset byteCount) (bvule part (bvsub byteCount offset))))
(define-fun planted () Bool (bvule (bvadd offset part) byteCount))
(define-fun claim () Bool (bvule (bvadd (wide offset) (wide part)) (wide byteCount)))
