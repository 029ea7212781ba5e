;;! thunks = on
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
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0x1, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jz      label2; j label1
;;   block2:
;;     jmp     label3
;;   block3:
;;     movl $0x1, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     cmpl $0x2, %edi
;;     jnb #trap=user4
;;     movq    %r15, %rax
;;     movq -0x2140(%rax), %rax
;;     movl %edi, %ecx
;;     shlq $0x4, %rcx
;;     leaq (%rax, %rcx), %rcx
;;     cmpl $0x2, %edi
;;     cmovaeq %rax, %rcx
;;     movl 8(%rcx), %eax
;;     testl %eax, %eax
;;     jz #trap=user5
;;     ud2
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %ecx
;;     movl -0x2128(%rax), %edx
;;     cmpl %edx, %edi
;;     jnb #trap=user4
;;     movq -0x2130(%rax), %rsi
;;     movl %edi, %ecx
;;     shlq $0x4, %rcx
;;     leaq (%rsi, %rcx), %rcx
;;     cmpl %edx, %edi
;;     cmovaeq %rsi, %rcx
;;     movl 8(%rcx), %edx
;;     movl -0x2150(%rax), %eax
;;     cmpl %eax, %edx
;;     jz      label2; j label1
;;   block2:
;;     movq (%rcx), %rax
;;     movl $0x5, %edi
;;     call    *%rax
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     testl %edx, %edx
;;     jz #trap=user5
;;     xorl %eax, %edx
;;     cmpl $0x80000000, %edx
;;     jnz #trap=user6
;;     movl 0xc(%rcx), %ecx
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rax
;;     movl %ecx, %edi
;;     shlq $0x5, %rdi
;;     addq (%rax), %rdi
;;     movl $0x5, %esi
;;     call    User(userextname0)
;;     jmp     label3
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %r9
;;     movq    %r15, %rsi
;;     movl -0x2000(%rsi), %r8d
;;     movq -0x2160(%rsi), %r8
;;     leaq -0x2170(%rsi), %rdi
;;     movq %r9, %rsi
;;     call    *%r8
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; thunk of type 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;   block0:
;;     movq    %r15, %r12
;;     movq -0x2008(%r12), %r8
;;     movq %r12, 0x10(%r8)
;;     movq (%rdi), %r8
;;     movq 8(%rdi), %r9
;;     movq    %r9, %r15
;;     movq %rsi, %rdi
;;     call    *%r8
;;     movq    %r12, %r15
;;     movq (%rsp), %r12
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
