; What is translated from a bus to its parent lies wholly inside of the range that it is translated by.
(declare-const base (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const start (_ BitVec 64))
(declare-const size (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
(define-fun guard () Bool
  (and (bvuge base start) (bvule (bvsub base start) size)
    (bvule byteCount (bvsub size (bvsub base start)))))
(define-fun planted () Bool
  (and (bvuge base start) (bvule (bvadd base byteCount) (bvadd start size))))
(define-fun claim () Bool
  (bvule (bvadd (wide base) (wide byteCount)) (bvadd (wide start) (wide size))))
