; What a cursor gives out lies inside of its window, behind what it gave before, and at a multiple of its size.
(declare-const next (_ BitVec 64))
(declare-const end (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const shift (_ BitVec 64))
(declare-const start (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
; A BAR's size, by bar-memory and bar-ports.
(assert (and (bvult shift #x0000000000000040) (= byteCount (bvshl #x0000000000000001 shift))))
(define-fun rest () (_ BitVec 64) (bvsub byteCount #x0000000000000001))
(define-fun isInside () Bool
  (and (= start (bvand (bvadd next rest) (bvnot rest)))
    (bvult start end) (bvule byteCount (bvsub end start))))
(define-fun guard () Bool (and isInside (= (wide (bvadd next rest)) (bvadd (wide next) (wide rest)))))
(define-fun planted () Bool isInside)
(define-fun claim () Bool
  (and (bvuge start next) (bvule (bvadd (wide start) (wide byteCount)) (wide end))
    (= (bvand start rest) #x0000000000000000)))
