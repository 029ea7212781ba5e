(module
  (memory 1)
  (func (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func (param i32 i64) (i64.store8 (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))
  (func (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 40)))
  (func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 11)))
  (func (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (result i32) (memory.size)))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl %edi, %edi
;;     movl 4(%rsi, %rdi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %r8
;;     movq    %r15, %rdi
;;     movl %r8d, %r8d
;;     movb %sil, (%rdi, %r8)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rax
;;     movl %edi, %edi
;;     movl $0x80000004, %ecx
;;     leaq (%rdi, %rcx), %rdx
;;     uninit  %rcx
;;     xorq %rcx, %rcx
;;     addq -0x2130(%rax), %rdi
;;     movl $0x80000000, %eax
;;     leaq (%rdi, %rax), %r11
;;     cmpq $0x10000, %rdx
;;     cmovaq %rcx, %r11
;;     movl (%r11), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r8
;;     movl %esi, %r9d
;;     vmovdqu (%r8, %r9), %xmm0
;;     vmovdqu 0x10(%r8, %r9), %xmm1
;;     vmovdqu 0x18(%r8, %r9), %xmm2
;;     movl %edi, %r9d
;;     vmovdqu %xmm2, 0x18(%r8, %r9)
;;     vmovdqu %xmm1, 0x10(%r8, %r9)
;;     vmovdqu %xmm0, (%r8, %r9)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl %edi, %edi
;;     movq $0x0, 3(%rsi, %rdi)
;;     movq $0x0, (%rsi, %rdi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rax
;;     movq %rsi, %rcx
;;     movq %rdx, %r8
;;     movq    %r15, %r11
;;     movq -0x2050(%r11), %r11
;;     uninit  %rdi
;;     xorq %rdi, %rdi
;;     movl %eax, %esi
;;     movq %rcx, %rax
;;     movl %eax, %edx
;;     movq %r8, %rax
;;     movl %eax, %ecx
;;     call    *%r11
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 6:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0x1, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
