; The second descriptor of a chain is stored behind the first only where the ring goes on.
(declare-const byteCount (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(assert (and (bvsge byteCount #x0000000000000010) (bvsle byteCount #x0000000000080000)))
(assert (= (bvand (bvor byteCount offset) #x000000000000000f) #x0000000000000000))
(assert (and (bvsge offset #x0000000000000000) (bvslt offset byteCount)))
(define-fun guard () Bool (distinct (bvadd offset #x0000000000000010) byteCount))
(define-fun planted () Bool (distinct offset byteCount))
(define-fun claim () Bool (bvsle (bvadd offset #x0000000000000020) byteCount))
