; The section of a DisplayID extension, and its checksum, lie in front of the checksum of the block.
(declare-const said (_ BitVec 8))
(define-fun end () (_ BitVec 64) (bvadd #x0000000000000005 ((_ zero_extend 56) said)))
(define-fun guard () Bool (bvslt end (bvsub #x0000000000000080 #x0000000000000001)))
(define-fun planted () Bool (bvslt end #x0000000000000080))
(define-fun claim () Bool (bvslt (bvadd end #x0000000000000001) #x0000000000000080))
