; A memory BAR of any mask has a size that is a power of two, and does not wrap from its address on.
(declare-const mask (_ BitVec 64))
(declare-const read (_ BitVec 64))
(declare-const address (_ BitVec 64))
(define-fun size () (_ BitVec 64) (bvadd (bvnot mask) #x0000000000000001))
(define-fun rest () (_ BitVec 64) (bvsub size #x0000000000000001))
(define-fun isPower () Bool
  (and (distinct size #x0000000000000000) (= (bvand size rest) #x0000000000000000)))
(define-fun guard () Bool
  (and isPower
    (= address (ite (distinct (bvand read rest) #x0000000000000000) #x0000000000000000 read))))
(define-fun planted () Bool (and isPower (= address read)))
(define-fun claim () Bool
  (and (bvuge (bvadd address rest) address) (= (bvand address rest) #x0000000000000000)))
