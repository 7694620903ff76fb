; A saturating difference is the exact one, or the end of the numbers on its side.
(declare-const one (_ BitVec 64))
(declare-const other (_ BitVec 64))
(declare-const result (_ BitVec 64))
(define-fun wide ((a (_ BitVec 64))) (_ BitVec 66) ((_ sign_extend 2) a))
(define-fun exact () (_ BitVec 66) (bvsub (wide one) (wide other)))
(define-fun difference () (_ BitVec 64) (bvsub one other))
(define-fun overflow () Bool (distinct (wide difference) exact))
(define-fun guard () Bool
  (= result
    (ite overflow (bvxor (bvashr other #x000000000000003f) #x8000000000000000) difference)))
(define-fun planted () Bool
  (= result
    (ite overflow (bvxor (bvashr other #x000000000000003f) #x7fffffffffffffff) difference)))
(define-fun claim () Bool
  (= (wide result)
    (ite (bvsgt exact (wide #x7fffffffffffffff)) (wide #x7fffffffffffffff)
      (ite (bvslt exact (wide #x8000000000000000)) (wide #x8000000000000000) exact))))
