; An event index asks for a notification if and only if it lies in what was made available, from the old
; index up to the one before the new.
(declare-const event (_ BitVec 16))
(declare-const old (_ BitVec 16))
(declare-const new (_ BitVec 16))
(declare-const isCrossed Bool)
(define-fun guard () Bool
  (= isCrossed (bvult (bvsub (bvsub new event) #x0001) (bvsub new old))))
(define-fun planted () Bool (= isCrossed (bvult (bvsub new event) (bvsub new old))))
(define-fun claim () Bool (= isCrossed (bvult (bvsub event old) (bvsub new old))))
