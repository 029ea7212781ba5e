(module
  (type $node (sub (struct (field $next (mut (ref null $node))) (field $value (mut i32)))))
  (type $leaf (sub final $node (struct (field $next (mut (ref null $node))) (field $value (mut i32)) (field f64))))
  (type $list (array (mut (ref null $node))))
  (func (param (ref null $node) i32) (result (ref $node))
    (struct.new $node (local.get 0) (local.get 1)))
  (func (param (ref null $node)) (result i32) (struct.get $node $value (local.get 0)))
  (func (param (ref null $node) (ref null $node))
    (struct.set $node $next (local.get 0) (local.get 1)))
  (func (param (ref null $list) i32) (result (ref null $node))
    (array.get $list (local.get 0) (local.get 1)))
  (func (param (ref null $list) i32 (ref null $node))
    (array.set $list (local.get 0) (local.get 1) (local.get 2)))
  (func (param anyref) (result (ref $leaf)) (ref.cast (ref $leaf) (local.get 0)))
  (func (param (ref null struct)) (result i32) (ref.test (ref $node) (local.get 0))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x20, %rsp
;;     movq %rbx, 0x10(%rsp)
;;   block0:
;;     movq %rsi, %rbx
;;     movl %edi, <offset:1>+(%rsp)
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rcx
;;     movq 0x18(%rcx), %rax
;;     movq 0x20(%rcx), %rdx
;;     leaq 0x10(%rax), %rsi
;;     cmpq %rdx, %rsi
;;     jnbe    label2; j label1
;;   block1:
;;     leaq 0x10(%rax), %rdx
;;     movq %rdx, 0x18(%rcx)
;;     jmp     label3
;;   block3:
;;     movq    %r15, %rcx
;;     movl -0x2170(%rcx), %esi
;;     movq -0x2020(%rcx), %rcx
;;     movl %eax, %edx
;;     movl %esi, (%rcx, %rdx)
;;     movl <offset:1>+(%rsp), %esi
;;     movl %esi, 4(%rcx, %rdx)
;;     movq %rbx, %rsi
;;     movl %esi, 8(%rcx, %rdx)
;;     movq 0x10(%rsp), %rbx
;;     addq $0x20, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movq    %r15, %rcx
;;     movq -0x20e0(%rcx), %rax
;;     movl -0x2170(%rcx), %edi
;;     movl $0x10, %esi
;;     call    *%rax
;;     ; UserStackMap { by_type: [(types::I32, CompoundBitSet {0})], sp_to_sized_stack_slots: None }
;;     jmp     label3
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movq -0x2020(%rsi), %rsi
;;     movl %edi, %edi
;;     movl 8(%rsi, %rdi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rsi, %r10
;;     movq    %r15, %rsi
;;     movq -0x2020(%rsi), %rsi
;;     movl %edi, %edi
;;     movl %r10d, 4(%rsi, %rdi)
;;     shrq $0x9, %rdi
;;     movb $0x1, -0x800000(%rsi, %rdi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r8
;;     movq -0x2020(%r8), %r8
;;     movl %edi, %r9d
;;     cmpl 4(%r8, %r9), %esi
;;     jnb #trap=user18
;;     leal (%rdi, %rsi, 4), %r9d
;;     movl 8(%r8, %r9), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r8
;;     movq -0x2020(%r8), %r8
;;     movl %edi, %r9d
;;     cmpl 4(%r8, %r9), %esi
;;     jnb #trap=user18
;;     leal (%rdi, %rsi, 4), %r9d
;;     movl %edx, 8(%r8, %r9)
;;     shrq $0x9, %r9
;;     movb $0x1, -0x800000(%r8, %r9)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jz #trap=user17
;;     jmp     label1
;;   block1:
;;     testl $0x1, %edi
;;     jnz #trap=user17
;;     jmp     label2
;;   block2:
;;     movq    %r15, %r11
;;     movq -0x2020(%r11), %rax
;;     movl %edi, %ecx
;;     movl (%rax, %rcx), %eax
;;     cmpl -0x216c(%r11), %eax
;;     jnz #trap=user17
;;     jmp     label3
;;   block3:
;;     movq %rdi, %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 6:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jnz     label2; j label1
;;   block1:
;;     jmp     label7
;;   block2:
;;     movq    %r15, %rax
;;     movq -0x2020(%rax), %rcx
;;     movl %edi, %edx
;;     movl (%rcx, %rdx), %ecx
;;     movl -0x2170(%rax), %eax
;;     cmpl %eax, %ecx
;;     jz      label3; j label4
;;   block3:
;;     jmp     label8
;;   block4:
;;     movq    %r15, %rdx
;;     movq -0x2030(%rdx), %rdx
;;     andl $0xfffff, %ecx
;;     shlq $0x5, %rcx
;;     movl (%rdx, %rcx), %ecx
;;     andl $0xfffff, %eax
;;     cmpl %eax, %ecx
;;     jz      label5; j label6
;;   block5:
;;     jmp     label8
;;   block6:
;;     jmp     label7
;;   block7:
;;     uninit  %rax
;;     xorl %eax, %eax
;;     jmp     label9
;;   block8:
;;     movl $0x1, %eax
;;     jmp     label9
;;   block9:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
