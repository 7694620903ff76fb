; What two rectangles share lies in the first of them, along each axis: so what is clipped stays on the
; picture, whatever was asked for.
(declare-const x (_ BitVec 64))
(declare-const width (_ BitVec 64))
(declare-const otherX (_ BitVec 64))
(declare-const otherWidth (_ BitVec 64))
(declare-const sharedX (_ BitVec 64))
(declare-const sharedWidth (_ BitVec 64))
; The first is a picture.
(assert (and (bvsge x #x0000000000000000) (bvsgt width #x0000000000000000)
  (bvsge (bvadd x width) #x0000000000000000)))
(assert (bvsgt otherWidth #x0000000000000000))
(define-fun least ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvslt a b) a b))
(define-fun most ((a (_ BitVec 64)) (b (_ BitVec 64))) (_ BitVec 64) (ite (bvslt a b) b a))
; By saturating-sum, for lengths above 0.
(define-fun end ((a (_ BitVec 64)) (n (_ BitVec 64))) (_ BitVec 64)
  (ite (bvslt (bvadd a n) a) #x7fffffffffffffff (bvadd a n)))
; The greatest start is at least 0: what is in front of it, however far, has no length behind it, and the
; other differences do not saturate.
(define-fun isShared ((otherEnd (_ BitVec 64))) Bool
  (and (= sharedX (most x otherX))
    (= sharedWidth
      (ite (bvslt (least (end x width) otherEnd) sharedX) #x0000000000000000
        (bvsub (least (end x width) otherEnd) sharedX)))
    (bvsgt sharedWidth #x0000000000000000)))
(define-fun guard () Bool (isShared (end otherX otherWidth)))
(define-fun planted () Bool
  (and (= sharedX (most x otherX)) (= sharedWidth otherWidth)))
(define-fun claim () Bool
  (and (bvsge sharedX x) (bvsge sharedX otherX)
    (bvsle (bvsub sharedX x) width) (bvsle sharedWidth (bvsub width (bvsub sharedX x)))))
