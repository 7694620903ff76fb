; A buffer that is padded to whole lines of the cache has no fewer bytes than were asked for.
(declare-const byteCount (_ BitVec 64))
(declare-const padded (_ BitVec 64))
(declare-const line (_ BitVec 64))
(assert (bvsge byteCount #x0000000000000000))
(assert (and (bvuge line #x0000000000000001) (bvule line #x0000000000001000)
  (= (bvand line (bvsub line #x0000000000000001)) #x0000000000000000)))
(define-fun rest () (_ BitVec 64) (bvsub line #x0000000000000001))
(define-fun isRounded () Bool (= padded (bvand (bvadd byteCount rest) (bvnot rest))))
(define-fun guard () Bool
  (and isRounded
    (= ((_ sign_extend 1) (bvadd byteCount rest))
      (bvadd ((_ sign_extend 1) byteCount) ((_ sign_extend 1) rest)))))
(define-fun planted () Bool isRounded)
(define-fun claim () Bool
  (and (bvsge padded byteCount) (= (bvand padded rest) #x0000000000000000)))
