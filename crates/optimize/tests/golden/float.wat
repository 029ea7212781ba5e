;;! canonical-nans = on
(module
  (func (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
  (func (param f32) (result f32) (f32.nearest (local.get 0)))
  (func (param f64) (result i32) (i32.trunc_f64_u (local.get 0)))
  (func (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     vaddsd %xmm1, %xmm0, %xmm0
;;     uninit  %xmm7
;;     vxorpd %xmm7, %xmm7, %xmm1
;;     vmovsd %xmm0, %xmm1, %xmm0
;;     vcmpunordpd %xmm0, %xmm0, %xmm1
;;     vmovupd (%rip), %xmm2
;;     vpblendvb %xmm1, %xmm2, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     uninit  %xmm1
;;     vxorps %xmm1, %xmm1, %xmm1
;;     vroundss $0x0, %xmm0, %xmm1, %xmm0
;;     uninit  %xmm1
;;     vxorps %xmm1, %xmm1, %xmm1
;;     vmovss %xmm0, %xmm1, %xmm0
;;     vcmpunordps %xmm0, %xmm0, %xmm1
;;     vmovups (%rip), %xmm2
;;     vpblendvb %xmm1, %xmm2, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     cvt_float64_to_uint32_seq %xmm0, %eax, %rsi, %xmm3, %xmm4
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     xmm min seq f32 %xmm0, %xmm1, %xmm1
;;     uninit  %xmm7
;;     vxorps %xmm7, %xmm7, %xmm0
;;     vmovss %xmm1, %xmm0, %xmm0
;;     vcmpunordps %xmm0, %xmm0, %xmm1
;;     vmovups (%rip), %xmm2
;;     vpblendvb %xmm1, %xmm2, %xmm0, %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
