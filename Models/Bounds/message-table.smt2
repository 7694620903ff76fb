; Each entry of the table of messages lies inside of the BAR, for each count that the device may claim.
(declare-const control (_ BitVec 16))
(declare-const place (_ BitVec 32))
(declare-const byteCount (_ BitVec 64))
(declare-const entry (_ BitVec 64))
(define-fun offset () (_ BitVec 64) ((_ zero_extend 32) (bvand place #xfffffff8)))
(define-fun vectorCount () (_ BitVec 64)
  (bvadd ((_ zero_extend 48) (bvand control #x07ff)) #x0000000000000001))
(assert (bvult entry vectorCount))
(define-fun guard () Bool
  (and (bvule offset byteCount)
    (bvule (bvmul vectorCount #x0000000000000010) (bvsub byteCount offset))))
; The field is one less than the count.
(define-fun planted () Bool
  (and (bvule offset byteCount)
    (bvule (bvmul (bvsub vectorCount #x0000000000000001) #x0000000000000010)
      (bvsub byteCount offset))))
(define-fun claim () Bool
  (bvule (bvadd offset (bvmul entry #x0000000000000010) #x0000000000000010) byteCount))
