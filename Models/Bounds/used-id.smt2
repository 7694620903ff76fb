; The id that a device writes names a record that there is.
(declare-const id (_ BitVec 32))
(declare-const capacity (_ BitVec 64))
(assert (and (bvsge capacity #x0000000000000001) (bvsle capacity #x0000000000008000)))
(define-fun guard () Bool (bvult id ((_ extract 31 0) capacity)))
(define-fun planted () Bool (bvule id ((_ extract 31 0) capacity)))
(define-fun claim () Bool (bvult ((_ zero_extend 32) id) capacity))
