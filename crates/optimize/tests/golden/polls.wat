(module
  (import "host" "f" (func $f))
  (func (param i32)
    (loop $outer
      (loop $middle
        (loop $inner (br_if $inner (local.get 0)))
        (br_if $middle (i32.eqz (local.get 0))))
      (call $f)
      (br_if $outer (local.get 0)))))

;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;     movq %r12, 8(%rsp)
;;   block0:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %ecx
;;     movq -0x2140(%rax), %r12
;;     jmp     label1
;;   block1:
;;     movq    %r15, %rax
;;     movl -0x1ffc(%rax), %eax
;;     jmp     label2
;;   block2:
;;     movq    %r15, %rax
;;     movl -0x1ff8(%rax), %eax
;;     jmp     label3
;;   block3:
;;     movq    %r15, %rax
;;     movl -0x1ff4(%rax), %eax
;;     movq %rdi, %rbx
;;     testl %ebx, %ebx
;;     jnz     label5; j label4
;;   block4:
;;     jmp     label12
;;   block5:
;;     testl %ebx, %ebx
;;     jnz     label7; j label6
;;   block6:
;;     jmp     label12
;;   block7:
;;     testl %ebx, %ebx
;;     jnz     label9; j label8
;;   block8:
;;     jmp     label12
;;   block9:
;;     testl %ebx, %ebx
;;     jnz     label10; j label11
;;   block10:
;;     movq %rbx, %rdi
;;     jmp     label3
;;   block11:
;;     jmp     label12
;;   block12:
;;     testl %ebx, %ebx
;;     jz      label13; j label14
;;   block13:
;;     movq %rbx, %rdi
;;     jmp     label2
;;   block14:
;;     movq    %r15, %rax
;;     leaq -0x2150(%rax), %rdi
;;     call    *%r12
;;     testl %ebx, %ebx
;;     jnz     label15; j label16
;;   block15:
;;     movq %rbx, %rdi
;;     jmp     label1
;;   block16:
;;     movq (%rsp), %rbx
;;     movq 8(%rsp), %r12
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
