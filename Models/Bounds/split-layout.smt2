; The parts of a split queue follow each other, for each capacity and each line of a cache.
(declare-const capacity (_ BitVec 64))
(declare-const line (_ BitVec 64))
(declare-const descriptors (_ BitVec 64))
(assert (and (bvsge capacity #x0000000000000001) (bvsle capacity #x0000000000008000)))
(assert (and (bvuge line #x0000000000000040) (bvule line #x0000000000001000)
  (= (bvand line (bvsub line #x0000000000000001)) #x0000000000000000)))
(define-fun rounded ((offset (_ BitVec 64))) (_ BitVec 64)
  (bvand (bvadd offset (bvsub line #x0000000000000001)) (bvnot (bvsub line #x0000000000000001))))
(define-fun availableEnd () (_ BitVec 64)
  (bvadd #x0000000000000006 (bvmul #x0000000000000002 capacity)))
(define-fun descriptorsEnd () (_ BitVec 64)
  (bvadd descriptors (bvmul #x0000000000000010 capacity)))
(define-fun used () (_ BitVec 64) (bvadd (rounded descriptorsEnd) #x0000000000000004))
(define-fun end () (_ BitVec 64)
  (bvadd used #x0000000000000006 (bvmul #x0000000000000008 capacity)))
(define-fun guard () Bool
  (= descriptors
    (bvand (bvadd availableEnd #x000000000000000f) (bvnot #x000000000000000f))))
(define-fun planted () Bool
  (= descriptors (bvand availableEnd (bvnot #x000000000000000f))))
(define-fun claim () Bool
  (and (bvule availableEnd descriptors) (bvult descriptorsEnd used) (bvule end (rounded end))
    (bvult end #x0000000000200000)
    (= (bvand descriptors #x000000000000000f) #x0000000000000000)
    (= (bvand used #x0000000000000003) #x0000000000000000)
    (= (bvand (bvadd used #x0000000000000004) #x0000000000000007) #x0000000000000000)))
