; A common structure of so many bytes has the register that resets a queue.
(declare-const byteCount (_ BitVec 64))
(define-fun guard () Bool (bvuge byteCount #x000000000000003c))
(define-fun planted () Bool (bvuge byteCount #x000000000000003a))
(define-fun claim () Bool (bvule (bvadd #x000000000000003a #x0000000000000002) byteCount))
