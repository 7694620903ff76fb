; The register that rings a queue lies inside of the notification structure, at a multiple of its width.
(declare-const notifyOffset (_ BitVec 16))
(declare-const multiplier (_ BitVec 32))
(declare-const width (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 80) ((_ zero_extend 16) a))
(define-fun exact () (_ BitVec 80)
  (bvmul ((_ zero_extend 64) notifyOffset) ((_ zero_extend 48) multiplier)))
(assert (or (= width #x0000000000000002) (= width #x0000000000000004)))
(define-fun isInside () Bool
  (and (= (bvand offset (bvsub width #x0000000000000001)) #x0000000000000000)
    (bvule offset byteCount) (bvule width (bvsub byteCount offset))))
(define-fun guard () Bool
  (and isInside
    (= offset (bvmul ((_ zero_extend 48) notifyOffset) ((_ zero_extend 32) multiplier)))))
; 32 bits do not hold the product.
(define-fun planted () Bool
  (and isInside
    (= offset ((_ zero_extend 32) (bvmul ((_ zero_extend 16) notifyOffset) multiplier)))))
(define-fun claim () Bool (bvule (bvadd exact (wide width)) (wide byteCount)))
