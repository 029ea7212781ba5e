;;! architecture = aarch64
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
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x8, x21
;;     add x9, x8, x2, UXTW
;;     ldr q16, [x8, w2, UXTW]
;;     ldr q17, [x9, #16]
;;     fmul v16.4s, v16.4s, v0.4s
;;     fadd v0.4s, v16.4s, v17.4s
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 1:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     smull v5.4s, v0.4h, v1.4h
;;     smull2 v6.4s, v0.8h, v1.8h
;;     addp v0.4s, v5.4s, v6.4s
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 2:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov v6.16b, v0.16b
;;     fcmgt v0.2d, v6.2d, v1.2d
;;     bsl v0.16b, v0.16b, v1.16b, v6.16b
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 3:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     cmlt v16.16b, v0.16b, #0
;;     sshr v3.16b, v16.16b, #7
;;     movz x8, #513
;;     movk x8, x8, #2052, LSL #16
;;     movk x8, x8, #8208, LSL #32
;;     movk x8, x8, #32832, LSL #48
;;     dup v16.2d, x8
;;     and v16.16b, v3.16b, v16.16b
;;     ext v17.16b, v16.16b, v16.16b, #8
;;     zip1 v19.16b, v16.16b, v17.16b
;;     addv h21, v19.8h
;;     umov w2, v21.h[0]
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 4:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x4, x21
;;     ldr d3, [x4, w2, UXTW]
;;     uxtl v0.8h, v3.8b
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 5:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     fcvtzu v3.2d, v0.2d
;;     uqxtn v0.2s, v3.2d
;;     ldp fp, lr, [sp], #16
;;     ret
