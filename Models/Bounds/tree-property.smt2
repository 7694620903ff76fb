; The value of a property ends inside of the structure's block, and the next token starts behind it.
(declare-const start (_ BitVec 64))
(declare-const said (_ BitVec 32))
(declare-const limit (_ BitVec 64))
(declare-const end (_ BitVec 64))
; A place is a number of 32 bits, and the limit no more than the bytes that there are, by its own line.
(assert (and (bvule start #x00000000ffffffff) (bvule limit #x00000000ffffffff)))
(define-fun rounded ((a (_ BitVec 64))) (_ BitVec 64)
  (bvand (bvadd a #x0000000000000003) (bvnot #x0000000000000003)))
(define-fun guard () Bool
  (and (bvsle end limit)
    (= end
      (rounded (bvadd start #x000000000000000c ((_ zero_extend 32) said))))))
(define-fun planted () Bool
  (and (bvsle end limit)
    (= end
      ((_ zero_extend 32)
        ((_ extract 31 0) (rounded (bvadd start #x000000000000000c ((_ zero_extend 32) said))))))))
(define-fun claim () Bool
  (and (bvsgt end start)
    (bvsle (bvadd start #x000000000000000c ((_ zero_extend 32) said)) limit)))
