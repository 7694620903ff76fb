; A piece of the memory of the crash screen lies in what is left of it, aligned.
(declare-const used (_ BitVec 64))
(declare-const total (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const alignment (_ BitVec 64))
(define-fun rest () (_ BitVec 64) (bvsub alignment #x0000000000000001))
(assert (and (bvsgt byteCount #x0000000000000000) (bvsgt alignment #x0000000000000000)
  (bvsle alignment #x0000000000001000) (= (bvand alignment rest) #x0000000000000000)
  (bvsge used #x0000000000000000) (bvsle used total)))
(define-fun start () (_ BitVec 64) (bvand (bvadd used rest) (bvnot rest)))
(define-fun isOver () Bool
  (distinct ((_ sign_extend 1) (bvadd used rest))
    (bvadd ((_ sign_extend 1) used) ((_ sign_extend 1) rest))))
(define-fun guard () Bool
  (and (not isOver) (bvsle start total) (bvsle byteCount (bvsub total start))))
(define-fun planted () Bool (and (bvsle start total) (bvsle (bvadd start byteCount) total)))
(define-fun claim () Bool
  (and (bvsge start used) (bvsle start total) (bvule byteCount (bvsub total start))
    (= (bvand start rest) #x0000000000000000)))
