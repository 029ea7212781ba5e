;;! architecture = aarch64
(module
  (memory 1)
  (func (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func (param i32 i64) (i64.store8 (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))
  (func (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 40)))
  (func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 11)))
  (func (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (result i32) (memory.size)))

;; function 0:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x4, x21
;;     add x4, x4, x2, UXTW
;;     ldr w2, [x4, #4]
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 1:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x4, x21
;;     strb w3, [x4, w2, UXTW]
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 2:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x15, x21
;;     movz w13, #4
;;     movk w13, w13, #32768, LSL #16
;;     add x13, x13, x2, UXTW
;;     movz x14, #0
;;     movn x12, #8527
;;     ldr x15, [x15, x12]
;;     add x15, x15, x2, UXTW
;;     movz x0, #32768, LSL #16
;;     add x15, x15, x0
;;     subs xzr, x13, #65536
;;     csel x14, x14, x15, hi
;;     ldr w2, [x14]
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 3:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x10, x21
;;     movn x9, #8303
;;     ldr x11, [x10, x9]
;;     movz x0, #0
;;     mov w1, w2
;;     mov w2, w3
;;     movz x3, #40
;;     blr x11
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 4:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x13, x2
;;     mov x8, x21
;;     movn x7, #8311
;;     ldr x9, [x8, x7]
;;     movz x2, #0
;;     mov w1, w13
;;     movz x3, #11
;;     mov x0, x2
;;     blr x9
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 5:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x11, x21
;;     movn x10, #8303
;;     ldr x12, [x11, x10]
;;     movz x0, #0
;;     mov w1, w2
;;     mov w2, w3
;;     mov w3, w4
;;     blr x12
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 6:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     movz w2, #1
;;     ldp fp, lr, [sp], #16
;;     ret
