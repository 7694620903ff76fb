; A BAR that a bridge's window holds ends inside of it.
(declare-const lower (_ BitVec 64))
(declare-const upper (_ BitVec 64))
(declare-const address (_ BitVec 64))
(declare-const byteCount (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ zero_extend 2) a))
(define-fun guard () Bool
  (and (bvuge address lower) (bvult address upper) (bvule byteCount (bvsub upper address))))
(define-fun planted () Bool
  (and (bvuge address lower) (bvult address upper) (bvule (bvadd address byteCount) upper)))
(define-fun claim () Bool (bvule (bvadd (wide address) (wide byteCount)) (wide upper)))
