; A used index that is believed is about no more chains than the device has.
(declare-const found (_ BitVec 16))
(declare-const completed (_ BitVec 16))
(declare-const published (_ BitVec 16))
(define-fun outstanding () (_ BitVec 16) (bvsub published completed))
(assert (distinct found completed))
(define-fun guard () Bool (bvule (bvsub found completed) outstanding))
(define-fun planted () Bool (bvule found published))
; One more is done: so many fewer are outstanding, which does not go below none.
(define-fun claim () Bool
  (and (bvuge outstanding #x0001)
    (= (bvsub published (bvadd completed #x0001)) (bvsub outstanding #x0001))
    (bvule (bvsub published found) outstanding)))
