; A cell of a property lies inside of the property's value.
(declare-const index (_ BitVec 64))
(declare-const byteCount (_ BitVec 32))
(define-fun length () (_ BitVec 64) ((_ zero_extend 32) byteCount))
(define-fun guard () Bool
  (and (bvsge index #x0000000000000000) (bvslt index (bvudiv length #x0000000000000004))))
(define-fun planted () Bool
  (and (bvsge index #x0000000000000000) (bvslt (bvmul index #x0000000000000004) length)))
(define-fun claim () Bool
  (bvsle (bvadd (bvmul index #x0000000000000004) #x0000000000000004) length))
