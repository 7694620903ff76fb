; The last pixel of each line of a canvas lies in the memory that it was given.
(declare-const count Int)
(declare-const stride Int)
(declare-const columns Int)
(declare-const height Int)
(declare-const row Int)
(declare-const complete Int)
(declare-const quotient Int)
(declare-const rest Int)
; What min and max leave: none is below 0, none above the count, which is a number of 64 bits.
(assert (and (<= 1 columns) (<= columns stride) (<= columns count)))
(assert (and (= (- count columns) (+ (* quotient stride) rest)) (<= 0 rest) (< rest stride)))
(assert (and (<= 0 quotient) (<= 0 row) (< row (ite (< height complete) height complete))))
(define-fun guard () Bool (= complete (+ quotient 1)))
; As many lines as the stride goes into the count, and one for what is left.
(define-fun planted () Bool (= complete (+ quotient 2)))
(define-fun claim () Bool (<= (+ (* row stride) columns) count))
