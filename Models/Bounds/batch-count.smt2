; A word about several chains, in order, is about some, and about none that is not outstanding.
(declare-const count (_ BitVec 16))
(declare-const limit (_ BitVec 16))
(declare-const completed (_ BitVec 16))
(declare-const published (_ BitVec 16))
(define-fun outstanding () (_ BitVec 16) (bvsub published completed))
; The limit is that number, or one that split-index says is at most that.
(assert (bvule limit outstanding))
(define-fun guard () Bool (and (bvugt count #x0000) (bvule count limit)))
(define-fun planted () Bool (bvugt count #x0000))
(define-fun claim () Bool
  (and (bvuge outstanding #x0001)
    (= (bvsub published (bvadd completed count)) (bvsub outstanding count))
    (bvule (bvsub published (bvadd completed count)) outstanding)
    (distinct (bvadd completed count) completed)))
