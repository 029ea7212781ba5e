;;! memory = checked
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
;;     movq    %r15, %r11
;;     movl %edi, %eax
;;     leaq 8(%rax), %rcx
;;     uninit  %r10
;;     xorq %r10, %r10
;;     movq -0x2130(%r11), %r11
;;     leaq 4(%r11, %rax), %r9
;;     cmpq $0x10000, %rcx
;;     cmovaq %r10, %r9
;;     movl (%r9), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r9
;;     movl %edi, %edi
;;     leaq 1(%rdi), %r11
;;     uninit  %r10
;;     xorq %r10, %r10
;;     addq -0x2130(%r9), %rdi
;;     cmpq $0x10000, %r11
;;     cmovaq %r10, %rdi
;;     movb %sil, (%rdi)
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
;;     movq    %r15, %rcx
;;     movl %esi, %edx
;;     leaq 0x10(%rdx), %rsi
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movq -0x2130(%rcx), %rcx
;;     leaq (%rcx, %rdx), %r8
;;     cmpq $0x10000, %rsi
;;     cmovaq %rax, %r8
;;     vmovdqu (%r8), %xmm0
;;     leaq 0x20(%rdx), %r8
;;     leaq 0x10(%rcx, %rdx), %rsi
;;     cmpq $0x10000, %r8
;;     cmovaq %rax, %rsi
;;     vmovdqu (%rsi), %xmm1
;;     leaq 0x28(%rdx), %rsi
;;     leaq 0x18(%rcx, %rdx), %rdx
;;     cmpq $0x10000, %rsi
;;     cmovaq %rax, %rdx
;;     vmovdqu (%rdx), %xmm2
;;     movl %edi, %esi
;;     leaq 0x28(%rsi), %rdi
;;     leaq (%rcx, %rsi), %rdx
;;     leaq 0x18(%rcx, %rsi), %r8
;;     cmpq $0x10000, %rdi
;;     cmovaq %rax, %r8
;;     vmovdqu %xmm2, (%r8)
;;     leaq 0x20(%rsi), %rdi
;;     leaq 0x10(%rcx, %rsi), %rcx
;;     cmpq $0x10000, %rdi
;;     cmovaq %rax, %rcx
;;     vmovdqu %xmm1, (%rcx)
;;     leaq 0x10(%rsi), %rcx
;;     cmpq $0x10000, %rcx
;;     cmovaq %rax, %rdx
;;     vmovdqu %xmm0, (%rdx)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rdx
;;     uninit  %rax
;;     xorq %rax, %rax
;;     movl %edi, %ecx
;;     leaq 0xb(%rcx), %rsi
;;     movq -0x2130(%rdx), %rdx
;;     leaq (%rdx, %rcx), %r8
;;     leaq 3(%rdx, %rcx), %r11
;;     cmpq $0x10000, %rsi
;;     cmovaq %rax, %r11
;;     movq $0x0, (%r11)
;;     leaq 8(%rcx), %rcx
;;     cmpq $0x10000, %rcx
;;     cmovaq %rax, %r8
;;     movq $0x0, (%r8)
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
