; An event of a packed ring is crossed if and only if it lies between the places, counted on through the laps.
(declare-const size (_ BitVec 16))
(declare-const place (_ BitVec 16))
(declare-const wrap Bool)
(declare-const old (_ BitVec 16))
(declare-const new (_ BitVec 16))
(declare-const isCrossed Bool)
(assert (and (bvuge size #x0001) (bvule size #x8000)))
(assert (and (bvult place size) (bvult old size) (bvult new size)))
(define-fun entry ((laps (_ BitVec 16))) (_ BitVec 16)
  (bvsub place (ite wrap #x0000 laps)))
(define-fun from () (_ BitVec 16) (ite (bvult old new) old (bvsub old size)))
(define-fun crossed ((event (_ BitVec 16))) Bool
  (bvult (bvsub (bvsub new event) #x0001) (bvsub new from)))
(define-fun guard () Bool (= isCrossed (crossed (entry size))))
(define-fun planted () Bool (= isCrossed (crossed (entry #x0000))))
; From the start of the lap before.
(define-fun wide ((a (_ BitVec 16))) (_ BitVec 32) ((_ zero_extend 16) a))
(define-fun eventPlace () (_ BitVec 32) (bvadd (wide place) (ite wrap (wide size) #x00000000)))
(define-fun newPlace () (_ BitVec 32) (bvadd (wide new) (wide size)))
(define-fun oldPlace () (_ BitVec 32)
  (bvadd (wide old) (ite (bvult old new) (wide size) #x00000000)))
(define-fun claim () Bool
  (= isCrossed (and (bvule oldPlace eventPlace) (bvult eventPlace newPlace))))
