; The next used entry of a packed ring lies inside of the ring, with each chain that it goes on by.
(declare-const byteCount (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(declare-const count (_ BitVec 8))
(declare-const after (_ BitVec 64))
; The ring holds the chain, and the place before was inside of it.
(assert (and (bvsge byteCount #x0000000000000010) (bvsle byteCount #x0000000000080000)))
(assert (= (bvand (bvor byteCount offset) #x000000000000000f) #x0000000000000000))
(assert (and (bvsge offset #x0000000000000000) (bvslt offset byteCount)))
(assert (and (bvuge count #x01) (bvule count #x02)))
(define-fun step () (_ BitVec 64) (bvmul #x0000000000000010 ((_ zero_extend 56) count)))
(assert (bvsle step byteCount))
(define-fun next () (_ BitVec 64) (bvadd offset step))
(define-fun guard () Bool
  (= after (ite (bvsge next byteCount) (bvsub next byteCount) next)))
(define-fun planted () Bool (= after (ite (= next byteCount) (bvsub next byteCount) next)))
(define-fun claim () Bool
  (and (bvsge after #x0000000000000000) (bvsle (bvadd after #x0000000000000010) byteCount)))
