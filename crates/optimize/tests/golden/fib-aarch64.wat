;;! architecture = aarch64
(module
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add
        (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2))))))))

;; function 0:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;     str x22, [sp, #-16]!
;;     stp x19, x20, [sp, #-16]!
;;   block0:
;;     mov x22, x2
;;     mov x0, x21
;;     movn x1, #8191
;;     ldr w0, [x0, x1]
;;     subs wzr, w2, #2
;;     b.lt label8 ; b label1
;;   block1:
;;     mov x2, x22
;;     sub w0, w2, #1
;;     subs wzr, w0, #2
;;     b.lt label3 ; b label2
;;   block2:
;;     mov x2, x22
;;     sub w2, w2, #2
;;     bl 0
;;     mov x0, x22
;;     mov x19, x2
;;     sub w2, w0, #3
;;     bl 0
;;     mov x0, x19
;;     add w19, w0, w2
;;     mov x2, x22
;;     b label4
;;   block3:
;;     mov x2, x22
;;     sub w19, w2, #1
;;     b label4
;;   block4:
;;     mov x2, x22
;;     sub w0, w2, #2
;;     subs wzr, w0, #2
;;     b.lt label6 ; b label5
;;   block5:
;;     mov x2, x22
;;     sub w2, w2, #3
;;     bl 0
;;     mov x20, x2
;;     mov x2, x22
;;     sub w2, w2, #4
;;     bl 0
;;     mov x0, x20
;;     add w0, w0, w2
;;     b label7
;;   block6:
;;     b label7
;;   block7:
;;     add w2, w19, w0
;;     mov x22, x2
;;     b label9
;;   block8:
;;     mov x2, x22
;;     b label9
;;   block9:
;;     ldp x19, x20, [sp], #16
;;     ldr x22, [sp], #16
;;     ldp fp, lr, [sp], #16
;;     ret
