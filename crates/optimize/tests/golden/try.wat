(module
  (type $f (func (param i32) (result i32)))
  (tag $t (param i32))
  (table (export "t") 1 funcref)
  (func (export "a") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $t $h) (call_indirect (type $f) (local.get 0) (i32.const 0))))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %rbx, (%rsp)
;;   block0:
;;     movq %rdi, %rdx
;;     movq    %r15, %rbx
;;     movl -0x2000(%rbx), %eax
;;     movl -0x2148(%rbx), %eax
;;     testl %eax, %eax
;;     jz #trap=user4
;;     movq -0x2150(%rbx), %rax
;;     movl 8(%rax), %ecx
;;     movl -0x2160(%rbx), %esi
;;     cmpl %esi, %ecx
;;     jz      label4; j label1
;;   block3:
;;     jmp     label7
;;   block4:
;;     movq (%rax), %rax
;;     movq %rdx, %rdi
;;     call    *%rax; jmp MachLabel(6); catch [context p3i, default: MachLabel(5)]
;;   block6:
;;     jmp     label7
;;   block7:
;;     jmp     label8
;;   block8:
;;     jmp     label12
;;   block12:
;;     movq (%rsp), %rbx
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     testl %ecx, %ecx
;;     jz #trap=user5
;;     xorl %esi, %ecx
;;     cmpl $0x80000000, %ecx
;;     jnz #trap=user6
;;     movl 0xc(%rax), %ecx
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rax
;;     movl %ecx, %edi
;;     shlq $0x5, %rdi
;;     addq (%rax), %rdi
;;     movq %rdx, %rsi
;;     call    User(userextname0); jmp MachLabel(3); catch [context p3i, default: MachLabel(2)]
;;   block2:
;;     jmp     label9
;;   block5:
;;     jmp     label9
;;   block9:
;;     movq    %r15, %rcx
;;     movl -0x2170(%rcx), %ecx
;;     movl (%rax), %edx
;;     cmpl %ecx, %edx
;;     jz      label11; j label10
;;   block10:
;;     movl 4(%rax), %edi
;;     movq    %r15, %rax
;;     movq -0x2138(%rax), %rax
;;     call    *%rax
;;     ud2
;;   block11:
;;     movl 0x10(%rax), %ecx
;;     orl $0x1, 8(%rax)
;;     movq %rcx, %rax
;;     jmp     label12
