(module
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add
        (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2))))))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;     movq %r13, 8(%rsp)
;;   block0:
;;     movq    %r15, %r9
;;     movl -0x2000(%r9), %r9d
;;     cmpl $0x2, %edi
;;     movq %rdi, %r12
;;     jl      label2; j label1
;;   block1:
;;     movq %r12, %rax
;;     movq %rax, %rdi
;;     subl $0x1, %edi
;;     call    User(userextname0)
;;     movq %r12, %rdi
;;     movq %rax, %r13
;;     subl $0x2, %edi
;;     call    User(userextname0)
;;     movq %r13, %rcx
;;     leal (%rcx, %rax), %eax
;;     jmp     label3
;;   block2:
;;     movq %r12, %rdi
;;     movq %rdi, %rax
;;     jmp     label3
;;   block3:
;;     movq (%rsp), %r12
;;     movq 8(%rsp), %r13
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
