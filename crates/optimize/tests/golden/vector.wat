(module
  (memory 1)
  (func (param i32 v128) (result v128)
    (f32x4.add (f32x4.mul (v128.load (local.get 0)) (local.get 1)) (v128.load offset=16 (local.get 0))))
  (func (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.pmin (local.get 0) (local.get 1)))
  (func (param v128) (result i32) (i8x16.bitmask (i8x16.lt_s (local.get 0) (v128.const i64x2 0 0))))
  (func (param i32) (result v128) (v128.load8x8_u (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_u_zero (local.get 0))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r8
;;     movl %edi, %r9d
;;     vmovdqu (%r8, %r9), %xmm1
;;     vmovdqu 0x10(%r8, %r9), %xmm2
;;     vmulps %xmm0, %xmm1, %xmm0
;;     vaddps %xmm2, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     vpmaddwd %xmm1, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     vminpd %xmm0, %xmm1, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     uninit  %xmm4
;;     vpxor %xmm4, %xmm4, %xmm6
;;     vpcmpgtb %xmm0, %xmm6, %xmm5
;;     vpmovmskb %xmm5, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl %edi, %edi
;;     vpmovzxbw (%rsi, %rdi), %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     uninit  %xmm2
;;     vxorpd %xmm2, %xmm2, %xmm4
;;     vmaxpd %xmm4, %xmm0, %xmm6
;;     vminpd (%rip), %xmm6, %xmm0
;;     vroundpd $0x3, %xmm0, %xmm0
;;     vaddpd (%rip), %xmm0, %xmm0
;;     vshufps $0x88, %xmm4, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
