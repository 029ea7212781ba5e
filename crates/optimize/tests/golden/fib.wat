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
;;     subq $0x20, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;     movq %r13, 0x10(%rsp)
;;   block0:
;;     movq %rdi, %rbx
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %eax
;;     cmpl $0x2, %edi
;;     jl      label8; j label1
;;   block1:
;;     movq %rbx, %rdi
;;     movq %rdi, %rax
;;     subl $0x1, %eax
;;     cmpl $0x2, %eax
;;     jl      label3; j label2
;;   block2:
;;     movq %rbx, %rdi
;;     subl $0x2, %edi
;;     call    User(userextname0)
;;     movq %rbx, %rcx
;;     movq %rax, %r12
;;     movq %rcx, %rdi
;;     subl $0x3, %edi
;;     call    User(userextname0)
;;     movq %r12, %rcx
;;     leal (%rcx, %rax), %r13d
;;     movq %rbx, %rdi
;;     jmp     label4
;;   block3:
;;     movq %rbx, %rdi
;;     movq %rdi, %r13
;;     subl $0x1, %r13d
;;     jmp     label4
;;   block4:
;;     movq %rbx, %rdi
;;     movq %rdi, %rcx
;;     subl $0x2, %ecx
;;     cmpl $0x2, %ecx
;;     jl      label6; j label5
;;   block5:
;;     movq %rbx, %rdi
;;     subl $0x3, %edi
;;     call    User(userextname0)
;;     movq %rbx, %rdi
;;     movq %rax, %r12
;;     subl $0x4, %edi
;;     movq %rdi, %rbx
;;     call    User(userextname0)
;;     movq %r12, %rcx
;;     leal (%rcx, %rax), %ecx
;;     jmp     label7
;;   block6:
;;     jmp     label7
;;   block7:
;;     leal (%r13, %rcx), %eax
;;     jmp     label9
;;   block8:
;;     movq %rbx, %rax
;;     jmp     label9
;;   block9:
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     movq 0x10(%rsp), %r13
;;     addq $0x20, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
