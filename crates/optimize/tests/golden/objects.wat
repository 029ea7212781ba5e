(module
  (import "m" "g" (global $imported (mut i32)))
  (import "m" "k" (global $constant i64))
  (import "m" "t" (table $foreign 1 funcref))
  (type $v (func))
  (table $hosts 4 externref)
  (table $own 4 funcref)
  (global $own_global (mut f64) (f64.const 0))
  (func $self (export "self") (result funcref) (ref.func $self))
  (func (result i32) (global.set $imported (i32.add (global.get $imported) (i32.const 1)))
    (global.get $imported))
  (func (result i64) (global.get $constant))
  (func (global.set $own_global (f64.add (global.get $own_global) (f64.const 1))))
  (func (param i32) (result externref) (table.get $hosts (local.get 0)))
  (func (param i32 externref) (table.set $hosts (local.get 0) (local.get 1)))
  (func (param i32 funcref) (table.set $own (local.get 0) (local.get 1)))
  (func (result i32) (table.grow $own (ref.null func) (i32.const 3)))
  (func (param i32) (call_indirect $foreign (type $v) (local.get 0))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rcx
;;     movl -0x2010(%rcx), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movq -0x2180(%rsi), %rsi
;;     movl (%rsi), %edi
;;     leal 1(%rdi), %eax
;;     movl %eax, (%rsi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rdx
;;     movq -0x2178(%rdx), %rdx
;;     movq (%rdx), %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movabsq $0x3ff0000000000000, %rdx
;;     vmovq %rdx, %xmm4
;;     vaddsd -0x3010(%rsi), %xmm4, %xmm3
;;     vmovsd %xmm3, -0x3010(%rsi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r10
;;     movl -0x2138(%r10), %r9d
;;     cmpl %r9d, %edi
;;     jnb #trap=user3
;;     movq -0x2140(%r10), %r11
;;     movl %edi, %r10d
;;     shlq $0x4, %r10
;;     leaq (%r11, %r10), %r10
;;     cmpl %r9d, %edi
;;     cmovaeq %r11, %r10
;;     movl 0xc(%r10), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r10
;;     movl -0x2138(%r10), %r9d
;;     cmpl %r9d, %edi
;;     jnb #trap=user3
;;     movq -0x2140(%r10), %r11
;;     movl %edi, %r10d
;;     shlq $0x4, %r10
;;     leaq (%r11, %r10), %r10
;;     cmpl %r9d, %edi
;;     cmovaeq %r11, %r10
;;     movl %esi, 0xc(%r10)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 6:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rax
;;     movq %rsi, %r11
;;     movq    %r15, %r8
;;     movq -0x2070(%r8), %r8
;;     movl $0x2, %edi
;;     movl %eax, %esi
;;     movq %r11, %rax
;;     movl %eax, %edx
;;     call    *%r8
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 7:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movq -0x2078(%rsi), %r8
;;     movl $0x2, %edi
;;     uninit  %rsi
;;     xorq %rsi, %rsi
;;     movl $0x3, %edx
;;     call    *%r8
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 8:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rax
;;     movl -0x2000(%rax), %ecx
;;     movq -0x2150(%rax), %rcx
;;     movl 8(%rcx), %edx
;;     cmpl %edx, %edi
;;     jnb #trap=user4
;;     movq (%rcx), %rsi
;;     movl %edi, %ecx
;;     shlq $0x4, %rcx
;;     leaq (%rsi, %rcx), %rcx
;;     cmpl %edx, %edi
;;     cmovaeq %rsi, %rcx
;;     movl 8(%rcx), %edx
;;     movq %rdx, %rsi
;;     andl $0x7fffffff, %esi
;;     movl -0x2170(%rax), %eax
;;     cmpl %eax, %esi
;;     jz      label2; j label1
;;   block2:
;;     movl 0xc(%rcx), %ecx
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rax
;;     movl %ecx, %edi
;;     shlq $0x5, %rdi
;;     addq (%rax), %rdi
;;     call    User(userextname0)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     testl %edx, %edx
;;     jz #trap=user5
;;     ud2
