; The device's address of each byte of a region that a platform gave is not before that of its first.
(declare-const asked (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(declare-const deviceAddress (_ BitVec 64))
(declare-const offset (_ BitVec 64))
(assert (bvsge asked #x0000000000000000))
(assert (bvult offset byteCount))
(define-fun guard () Bool
  (and (bvsge byteCount asked)
    (= ((_ zero_extend 1) (bvadd deviceAddress byteCount))
      (bvadd ((_ zero_extend 1) deviceAddress) ((_ zero_extend 1) byteCount)))))
(define-fun planted () Bool (bvsge byteCount asked))
(define-fun claim () Bool
  (and (bvuge (bvadd deviceAddress offset) deviceAddress) (bvsge byteCount #x0000000000000000)))
