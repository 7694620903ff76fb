; A BAR of ports has 4 bytes to 64 KiB, and a power of two of them.
(declare-const mask (_ BitVec 32))
(define-fun size () (_ BitVec 64)
  (bvadd ((_ zero_extend 32) (bvnot (bvor (bvand mask #xfffffffc) #xffff0000))) #x0000000000000001))
(define-fun guard () Bool
  (= (bvand size (bvsub size #x0000000000000001)) #x0000000000000000))
(define-fun planted () Bool (distinct (bvand mask #xfffffffc) #x00000000))
(define-fun claim () Bool
  (and (bvuge size #x0000000000000004) (bvule size #x0000000000010000)
    (= (bvand size (bvsub size #x0000000000000001)) #x0000000000000000)))
