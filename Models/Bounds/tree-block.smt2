; The block of a device tree's structure lies inside of the bytes, with each two words of the header.
(declare-const start (_ BitVec 32))
(declare-const length (_ BitVec 32))
(declare-const byteCount (_ BitVec 32))
(define-fun wide ((a (_ BitVec 32))) (_ BitVec 64) ((_ zero_extend 32) a))
(define-fun guard () Bool (bvsle (bvadd (wide start) (wide length)) (wide byteCount)))
(define-fun planted () Bool (bvule (bvadd start length) byteCount))
(define-fun claim () Bool
  (and (bvule start byteCount) (bvule length (bvsub byteCount start))))
