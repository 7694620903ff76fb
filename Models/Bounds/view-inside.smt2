; The part of a surface that a scanout shows lies on the surface.
(declare-const start (_ BitVec 32))
(declare-const width (_ BitVec 32))
(declare-const bound (_ BitVec 32))
(define-fun wide ((a (_ BitVec 32))) (_ BitVec 64) ((_ zero_extend 32) a))
(define-fun guard () Bool (bvsle (bvadd (wide start) (wide width)) (wide bound)))
(define-fun planted () Bool (bvule (bvadd start width) bound))
(define-fun claim () Bool
  (and (bvule start bound) (bvule width (bvsub bound start))))
