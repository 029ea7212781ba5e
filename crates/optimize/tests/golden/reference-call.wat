(module
  (type $binary (func (param i32 i32) (result i32)))
  (elem declare func $add $sub)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (param (ref $binary)) (result i32)
    (drop (ref.func $add))
    (drop (ref.func $sub))
    (call_ref $binary (i32.const 7) (i32.const 5) (local.get 0))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     leal (%rdi, %rsi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rax
;;     subl %esi, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %ecx
;;     movl -0x2010(%rax), %eax
;;     cmpl %eax, %edi
;;     jz      label6; j label1
;;   block1:
;;     leal 1(%rax), %eax
;;     cmpl %eax, %edi
;;     jz      label5; j label2
;;   block2:
;;     testl %edi, %edi
;;     jz #trap=user24
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rcx
;;     movq (%rcx), %rcx
;;     movl %edi, %edx
;;     shlq $0x5, %rdx
;;     leaq (%rcx, %rdx), %rdi
;;     movq 8(%rcx, %rdx), %rsi
;;     cmpq %rax, %rsi
;;     jnz     label4; j label3
;;   block3:
;;     movq (%rcx, %rdx), %rax
;;     movl $0x7, %edi
;;     movl $0x5, %esi
;;     call    *%rax
;;     jmp     label7
;;   block5:
;;     movl $0x2, %eax
;;     jmp     label7
;;   block6:
;;     movl $0xc, %eax
;;     jmp     label7
;;   block7:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block4:
;;     movl $0x7, %esi
;;     movl $0x5, %edx
;;     call    User(userextname0)
;;     jmp     label7
