(module
  (type $f (func (param i32) (result i32)))
  (table 8 8 funcref)
  (elem (i32.const 1) func $double $square $other)
  (func $double (type $f) (i32.add (local.get 0) (local.get 0)))
  (func $square (type $f) (i32.mul (local.get 0) (local.get 0)))
  (func $other (param i64))
  (func (param i32 i32) (result i32)
    (call_indirect (type $f) (local.get 0) (local.get 1))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     leal (%rdi, %rdi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rax
;;     imull %edi, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     cmpl $0x1, %esi
;;     jz      label4; j label1
;;   block1:
;;     cmpl $0x2, %esi
;;     jz      label3; j label2
;;   block3:
;;     imull %edi, %edi
;;     movq %rdi, %rax
;;     jmp     label5
;;   block4:
;;     leal (%rdi, %rdi), %eax
;;     jmp     label5
;;   block5:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     cmpl $0x8, %esi
;;     jnb #trap=user4
;;     movq    %r15, %rax
;;     movq -0x2130(%rax), %rax
;;     movl %esi, %ecx
;;     shlq $0x4, %rcx
;;     leaq (%rax, %rcx), %rcx
;;     cmpl $0x8, %esi
;;     cmovaeq %rax, %rcx
;;     movl 8(%rcx), %eax
;;     testl %eax, %eax
;;     jz #trap=user5
;;     ud2
