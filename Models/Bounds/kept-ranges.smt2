; A BAR that firmware placed is kept only if it shares no address with another that is.
(declare-const address (_ BitVec 64))
(declare-const end (_ BitVec 64))
(declare-const first (_ BitVec 64))
(declare-const last (_ BitVec 64))
(declare-const any (_ BitVec 64))
; By bar-memory.
(assert (and (bvule address end) (bvule first last)))
(define-fun guard () Bool (not (and (bvule address last) (bvule first end))))
(define-fun planted () Bool (not (and (bvult address last) (bvult first end))))
(define-fun claim () Bool
  (not (and (bvule address any) (bvule any end) (bvule first any) (bvule any last))))
