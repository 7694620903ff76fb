; What a capability has behind its 16 common bytes lies inside of the 256 bytes of the list. The window is
; that of window-part; the lengths are those of the table of kinds.
(declare-const offset (_ BitVec 8))
(declare-const needed (_ BitVec 8))
(define-fun start () (_ BitVec 64) (bvadd ((_ zero_extend 56) offset) #x0000000000000010))
(define-fun tail () (_ BitVec 64) (bvsub ((_ zero_extend 56) needed) #x0000000000000010))
(assert (or (= needed #x10) (= needed #x14) (= needed #x18)))
(define-fun guard () Bool
  (and (bvule start #x0000000000000100) (bvule tail (bvsub #x0000000000000100 start))))
; The common bytes are there: that says nothing of those behind them.
(define-fun planted () Bool (bvule start #x0000000000000100))
(define-fun claim () Bool
  (bvule (bvadd ((_ zero_extend 8) offset) ((_ zero_extend 8) needed)) #x0100))
