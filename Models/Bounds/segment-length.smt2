; Pieces that are joined have a length that 32 bits can say.
(declare-const length (_ BitVec 64))
(declare-const count (_ BitVec 64))
; Each is that of a piece, or was joined.
(assert (bvule length #x00000000ffffffff))
(assert (bvule count #x00000000ffffffff))
(define-fun guard () Bool
  (bvule (bvadd length count) ((_ zero_extend 32) (bvand #xffffffff (bvnot #x00000fff)))))
(define-fun planted () Bool (bvugt length #x0000000000000000))
(define-fun claim () Bool
  (= ((_ zero_extend 32) ((_ extract 31 0) (bvadd length count))) (bvadd length count)))
