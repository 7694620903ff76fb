; The slot of the used ring that is read lies inside of the ring, at each number of completed chains.
(declare-const completed (_ BitVec 16))
(declare-const mask (_ BitVec 16))
(declare-const capacity (_ BitVec 64))
(declare-const slot (_ BitVec 64))
; The size is a power of two of at most the capacity, of at most 32768.
(assert (= (bvand mask (bvadd mask #x0001)) #x0000))
(assert (bvule ((_ zero_extend 48) mask) (bvsub capacity #x0000000000000001)))
(assert (and (bvsge capacity #x0000000000000001) (bvsle capacity #x0000000000008000)))
(define-fun guard () Bool (= slot ((_ zero_extend 48) (bvand completed mask))))
(define-fun planted () Bool (= slot ((_ zero_extend 48) completed)))
(define-fun claim () Bool
  (bvsle (bvadd #x0000000000000008 (bvmul #x0000000000000008 slot))
    (bvmul #x0000000000000008 capacity)))
