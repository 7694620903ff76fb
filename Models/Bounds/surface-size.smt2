; A surface that is possible has pixels, and as many bytes as 32 bits can say, as has each of its lines.
(declare-const width (_ BitVec 32))
(declare-const height (_ BitVec 32))
(declare-const pixelCount (_ BitVec 64))
(define-fun exact () (_ BitVec 80) (bvmul ((_ zero_extend 48) width) ((_ zero_extend 48) height)))
(define-fun isPossible () Bool
  (and (bvugt pixelCount #x0000000000000000)
    (bvule pixelCount ((_ zero_extend 32) (bvudiv #xffffffff #x00000004)))))
(define-fun guard () Bool
  (and isPossible (= pixelCount (bvmul ((_ zero_extend 32) width) ((_ zero_extend 32) height)))))
(define-fun planted () Bool
  (and isPossible (= pixelCount ((_ zero_extend 32) (bvmul width height)))))
(define-fun claim () Bool
  (and (bvule (bvmul exact (_ bv4 80)) (_ bv4294967295 80))
    (bvule (bvmul ((_ zero_extend 32) width) #x0000000000000004) #x00000000ffffffff)
    (distinct width #x00000000) (distinct height #x00000000)))
