; The union of two damaged places holds both, for all places to the right of and below the origin.
(declare-const x (_ BitVec 64))
(declare-const width (_ BitVec 64))
(declare-const otherX (_ BitVec 64))
(declare-const otherWidth (_ BitVec 64))
(declare-const unionX (_ BitVec 64))
(declare-const unionWidth (_ BitVec 64))
(assert (and (bvsge x #x0000000000000000) (bvsgt width #x0000000000000000)))
(assert (and (bvsge otherX #x0000000000000000) (bvsgt otherWidth #x0000000000000000)))
(define-fun least ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvslt a b) a b))
(define-fun most ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvslt a b) b a))
; By saturating-sum, for lengths above 0.
(define-fun end ((a (_ BitVec 64)) (n (_ BitVec 64))) (_ BitVec 64)
  (ite (bvslt (bvadd a n) a) #x7fffffffffffffff (bvadd a n)))
(define-fun spans ((last (_ BitVec 64)) (otherLast (_ BitVec 64))) Bool
  (and (= unionX (least x otherX))
    (= unionWidth
      (most #x0000000000000000 (bvsub (most last otherLast) unionX)))))
(define-fun guard () Bool (spans (end x width) (end otherX otherWidth)))
(define-fun planted () Bool (spans (bvadd x width) (bvadd otherX otherWidth)))
(define-fun claim () Bool
  (and (bvsle unionX x) (bvsle (end x width) (end unionX unionWidth))
    (bvsle unionX otherX) (bvsle (end otherX otherWidth) (end unionX unionWidth))))
