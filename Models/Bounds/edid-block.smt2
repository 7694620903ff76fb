; Each block of an EDID that is looked at lies in the bytes that are there, whatever count is claimed.
(declare-const count (_ BitVec 64))
(declare-const claimed (_ BitVec 64))
(declare-const index (_ BitVec 64))
(assert (and (bvsge count #x0000000000000000) (bvule claimed #x0000000000000100)))
(assert (bvsge index #x0000000000000001))
(define-fun present () (_ BitVec 64) (bvudiv count #x0000000000000080))
(define-fun least ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvslt a b) a b))
(define-fun guard () Bool
  (and (bvslt index #x0000000000000008) (bvslt index (least claimed present))))
(define-fun planted () Bool (bvslt index claimed))
(define-fun claim () Bool
  (bvsle (bvadd (bvmul index #x0000000000000080) #x0000000000000080) count))
