; A command and its answer lie in their slot's own bytes, for each line of a cache.
(declare-const line (_ BitVec 64))
(declare-const slot (_ BitVec 64))
(declare-const other (_ BitVec 64))
(declare-const stride (_ BitVec 64))
(assert (and (bvuge line #x0000000000000040) (bvule line #x0000000000001000)
  (= (bvand line (bvsub line #x0000000000000001)) #x0000000000000000)))
(assert (and (bvult slot other) (bvult other #x0000000000000020)))
(define-fun lines ((byteCount (_ BitVec 64))) (_ BitVec 64)
  (bvand (bvadd byteCount (bvsub line #x0000000000000001))
    (bvnot (bvsub line #x0000000000000001))))
(define-fun request ((slot (_ BitVec 64))) (_ BitVec 64) (bvmul slot stride))
(define-fun response ((slot (_ BitVec 64))) (_ BitVec 64)
  (bvadd (bvmul slot stride) (lines #x0000000000000080)))
(define-fun guard () Bool
  (= stride (bvadd (lines #x0000000000000080) (lines #x0000000000000018))))
(define-fun planted () Bool
  (= stride (lines (bvadd #x0000000000000080 #x0000000000000018))))
(define-fun claim () Bool
  (and (bvule (bvadd (request slot) #x0000000000000080) (response slot))
    (bvule (lines (bvadd (response slot) #x0000000000000018)) (request other))))
