; A capability's first four bytes lie behind the header of the configuration and inside of its bytes.
(declare-const offset (_ BitVec 8))
(declare-const byteCount (_ BitVec 64))
(define-fun guard () Bool
  (and (bvuge offset #x40) (bvule (bvadd ((_ zero_extend 56) offset) #x0000000000000004) byteCount)))
; In 8 bits the sum wraps.
(define-fun planted () Bool
  (and (bvuge offset #x40) (bvule ((_ zero_extend 56) (bvadd offset #x04)) byteCount)))
(define-fun claim () Bool
  (and (bvuge offset #x40) (bvult (bvadd ((_ zero_extend 56) offset) #x0000000000000003) byteCount)))
