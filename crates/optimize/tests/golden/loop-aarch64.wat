;;! architecture = aarch64
(module
  (memory 1)
  (global $g (mut i32) (i32.const 7))
  (global $c i32 (i32.const 1024))
  (func (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.add (global.get $c) (i32.shl (local.get $i) (i32.const 2))))))
      (global.set $g (i32.add (global.get $g) (local.get $sum)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum)))

;; function 0:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x4, x2
;;     movz w2, #0
;;     mov x5, x2
;;     b label1
;;   block1:
;;     mov x0, x21
;;     movn x1, #8191
;;     ldr w1, [x0, x1]
;;     movz w1, #1024
;;     add w1, w1, w5, LSL 2
;;     ldr w1, [x0, w1, UXTW]
;;     movn x3, #12319
;;     ldr w3, [x0, x3]
;;     add w2, w2, w1
;;     add w1, w3, w2
;;     movn x3, #12319
;;     str w1, [x0, x3]
;;     add w3, w5, #1
;;     mov x0, x4
;;     subs wzr, w3, w0
;;     b.lo label3 ; b label2
;;   block2:
;;     b label6
;;   block3:
;;     movz w4, #1024
;;     add w4, w4, w3, LSL 2
;;     mov x3, x21
;;     ldr w4, [x3, w4, UXTW]
;;     add w2, w2, w4
;;     add w1, w1, w2
;;     movn x4, #12319
;;     str w1, [x3, x4]
;;     add w5, w5, #2
;;     subs wzr, w5, w0
;;     b.lo label4 ; b label5
;;   block4:
;;     mov x4, x0
;;     b label1
;;   block5:
;;     b label6
;;   block6:
;;     ldp fp, lr, [sp], #16
;;     ret
