;;! architecture = aarch64
(module
  (type $f (func (param i32) (result i32)))
  (import "host" "f" (func $host (type $f)))
  (table $fixed 2 2 funcref)
  (table $open (export "t") 2 funcref)
  (elem (table $fixed) (i32.const 0) func $one)
  (func $one (type $f) (i32.const 1))
  (func (param i32) (result i32)
    (call_indirect $fixed (type $f) (i32.const 5) (local.get 0)))
  (func (param i32) (result i32)
    (call_indirect $open (type $f) (i32.const 5) (local.get 0)))
  (func (param i32) (result i32) (call $host (local.get 0))))

;; function 1:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     movz w2, #1
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 2:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     cbz w2, label2 ; b label1
;;   block2:
;;     b label3
;;   block3:
;;     movz w2, #1
;;     ldp fp, lr, [sp], #16
;;     ret
;;   block1:
;;     subs wzr, w2, #2
;;     b.hs #trap=user4
;;     mov x12, x21
;;     movn x11, #8543
;;     ldr x13, [x12, x11]
;;     mov w12, w2
;;     add x12, x13, x12, LSL 4
;;     subs wzr, w2, #2
;;     csel x13, x13, x12, hs
;;     ldr w13, [x13, #8]
;;     cbz w13, #trap=user5
;;     udf #0xc11f
;; function 3:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x0, x21
;;     movn x1, #8191
;;     ldr w1, [x0, x1]
;;     movn x1, #8519
;;     ldr w1, [x0, x1]
;;     subs wzr, w2, w1
;;     b.hs #trap=user4
;;     movn x3, #8527
;;     ldr x3, [x0, x3]
;;     mov w4, w2
;;     add x4, x3, x4, LSL 4
;;     subs wzr, w2, w1
;;     csel x1, x3, x4, hs
;;     ldr w2, [x1, #8]
;;     movn x3, #8559
;;     ldr w0, [x0, x3]
;;     subs wzr, w2, w0
;;     b.eq label2 ; b label1
;;   block2:
;;     ldr x0, [x1]
;;     movz w2, #5
;;     blr x0
;;     b label3
;;   block3:
;;     ldp fp, lr, [sp], #16
;;     ret
;;   block1:
;;     cbz w2, #trap=user5
;;     eor w0, w2, w0
;;     movz w2, #32768, LSL #16
;;     subs wzr, w0, w2
;;     b.ne #trap=user6
;;     ldr w0, [x1, #12]
;;     mov x1, x21
;;     movn x2, #8199
;;     ldr x1, [x1, x2]
;;     ldr x1, [x1]
;;     mov w0, w0
;;     add x2, x1, x0, LSL 5
;;     movz w3, #5
;;     bl 0
;;     b label3
;; function 4:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x3, x2
;;     mov x9, x21
;;     movn x8, #8191
;;     ldr w10, [x9, x8]
;;     movn x8, #8575
;;     ldr x10, [x9, x8]
;;     movn x11, #8591
;;     add x2, x9, x11
;;     blr x10
;;     ldp fp, lr, [sp], #16
;;     ret
