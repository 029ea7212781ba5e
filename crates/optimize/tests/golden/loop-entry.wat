;;! parts = 0
;;! loops = on
(module
  (func $wide (param i32) (result v128) (block (br_table 0 0 (local.get 0))) (v128.const i64x2 1 2))
  ;; Operands below a loop, its parameters, a vector among them, and a loop around it.
  (func (param i64 i32) (result i64) (local f32 v128)
    (i64.load32_u (i32.wrap_i64 (local.get 0)))
    (loop $outer (param i64) (result i64)
      (call $wide (local.get 1))
      (i32.load (local.get 1))
      (loop $inner (param i32) (result i32)
        (i32.add (local.get 1))
        (local.tee 1)
        (br_if $inner (i32.eqz (local.get 1))))
      (drop)
      (local.set 3)
      (i64.add (i64x2.extract_lane 1 (local.get 3)))
      (br_if $outer (local.get 1))))
  (memory 1))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0x1, %esi
;;     movl %edi, %edi
;;     cmpl %esi, %edi
;;     cmovbl %edi, %esi
;;     br_table %rsi, %r10, %r11
;;   block1:
;;     jmp     label3
;;   block2:
;;     jmp     label3
;;   block3:
;;     vmovdqu (%rip), %xmm0
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;   block0:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %ecx
;;     movl %edi, %ecx
;;     movl (%rax, %rcx), %eax
;;     movq %rax, %r12
;;     jmp     label1
;;   block1:
;;     movq    %r15, %rax
;;     movl -0x1ffc(%rax), %eax
;;     movq %rsi, %rbx
;;     movq %rbx, %rdi
;;     call    User(userextname0)
;;     movl %ebx, %eax
;;     movq    %r15, %rcx
;;     movl (%rcx, %rax), %eax
;;     jmp     label2
;;   block2:
;;     movq    %r15, %rcx
;;     movl -0x1ff8(%rcx), %ecx
;;     leal (%rax, %rbx), %eax
;;     testl %eax, %eax
;;     jz      label4; j label3
;;   block3:
;;     movq %rax, %rbx
;;     jmp     label11
;;   block4:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label6; j label5
;;   block5:
;;     movq %rax, %rbx
;;     jmp     label11
;;   block6:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label8; j label7
;;   block7:
;;     movq %rax, %rbx
;;     jmp     label11
;;   block8:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label9; j label10
;;   block9:
;;     movq %rax, %rbx
;;     jmp     label2
;;   block10:
;;     movq %rax, %rbx
;;     jmp     label11
;;   block11:
;;     vpextrq $0x1, %xmm0, %rcx
;;     movq %r12, %rax
;;     leaq (%rax, %rcx), %rax
;;     testl %ebx, %ebx
;;     jnz     label12; j label13
;;   block12:
;;     movq %rbx, %rsi
;;     movq %rax, %r12
;;     jmp     label1
;;   block13:
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1 from loop 0 on:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;   block0:
;;     movq (%rdi), %rax
;;     movl 8(%rdi), %r12d
;;     vmovss 0x20(%rdi), %xmm0
;;     vmovdqu 0x28(%rdi), %xmm0
;;     jmp     label1
;;   block1:
;;     movq 0x38(%rdi), %rax
;;     movq %rax, %rbx
;;     jmp     label2
;;   block2:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %eax
;;     movq %r12, %rdi
;;     call    User(userextname0)
;;     movl %r12d, %eax
;;     movq    %r15, %rcx
;;     movl (%rcx, %rax), %eax
;;     jmp     label3
;;   block3:
;;     movq    %r15, %rcx
;;     movl -0x1ffc(%rcx), %ecx
;;     leal (%rax, %r12), %eax
;;     testl %eax, %eax
;;     jz      label5; j label4
;;   block4:
;;     movq %rax, %r12
;;     jmp     label12
;;   block5:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label7; j label6
;;   block6:
;;     movq %rax, %r12
;;     jmp     label12
;;   block7:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label9; j label8
;;   block8:
;;     movq %rax, %r12
;;     jmp     label12
;;   block9:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label10; j label11
;;   block10:
;;     movq %rax, %r12
;;     jmp     label3
;;   block11:
;;     movq %rax, %r12
;;     jmp     label12
;;   block12:
;;     vpextrq $0x1, %xmm0, %rcx
;;     movq %rbx, %rax
;;     leaq (%rax, %rcx), %rax
;;     testl %r12d, %r12d
;;     jnz     label13; j label14
;;   block13:
;;     movq %rax, %rbx
;;     jmp     label2
;;   block14:
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1 from loop 1 on:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x20, %rsp
;;     movq %r12, 0x10(%rsp)
;;     movq %r13, 0x18(%rsp)
;;   block0:
;;     movq (%rdi), %rax
;;     movl 8(%rdi), %r13d
;;     vmovss 0x20(%rdi), %xmm0
;;     vmovdqu 0x28(%rdi), %xmm0
;;     jmp     label1
;;   block1:
;;     movq 0x38(%rdi), %r12
;;     vmovdqu 0x40(%rdi), %xmm1
;;     movdqu %xmm1, <offset:1>+(%rsp)
;;     movl 0x50(%rdi), %eax
;;     jmp     label2
;;   block2:
;;     movq    %r15, %rcx
;;     movl -0x1ffc(%rcx), %ecx
;;     leal (%rax, %r13), %eax
;;     testl %eax, %eax
;;     jz      label4; j label3
;;   block3:
;;     movq %rax, %r13
;;     jmp     label11
;;   block4:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label6; j label5
;;   block5:
;;     movq %rax, %r13
;;     jmp     label11
;;   block6:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label8; j label7
;;   block7:
;;     movq %rax, %r13
;;     jmp     label11
;;   block8:
;;     leal (%rax, %rax), %eax
;;     testl %eax, %eax
;;     jz      label9; j label10
;;   block9:
;;     movq %rax, %r13
;;     jmp     label2
;;   block10:
;;     movq %rax, %r13
;;     jmp     label11
;;   block11:
;;     testl %r13d, %r13d
;;     jnz     label13; j label12
;;   block12:
;;     movdqu <offset:1>+(%rsp), %xmm1
;;     vpextrq $0x1, %xmm1, %rax
;;     leaq (%r12, %rax), %rax
;;     movq 0x10(%rsp), %r12
;;     movq 0x18(%rsp), %r13
;;     addq $0x20, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block13:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %eax
;;     movq %r13, %rdi
;;     call    User(userextname0)
;;     movl %r13d, %eax
;;     movq    %r15, %rcx
;;     movl (%rcx, %rax), %eax
;;     movdqu <offset:1>+(%rsp), %xmm1
;;     vpextrq $0x1, %xmm1, %rcx
;;     leaq (%r12, %rcx), %r12
;;     movdqu %xmm0, <offset:1>+(%rsp)
;;     jmp     label2
