; The four bytes of a word of a device tree are there.
(declare-const offset (_ BitVec 64))
(declare-const count (_ BitVec 64))
(assert (bvsge count #x0000000000000000))
(define-fun guard () Bool
  (and (bvsge offset #x0000000000000000) (bvsge count #x0000000000000004)
    (bvsle offset (bvsub count #x0000000000000004))))
(define-fun planted () Bool
  (and (bvsge offset #x0000000000000000) (bvsle (bvadd offset #x0000000000000004) count)))
(define-fun claim () Bool
  (and (bvult offset count) (bvult (bvadd offset #x0000000000000003) count)
    (bvsge (bvadd offset #x0000000000000003) offset)))
