;;! fuel = on
(module
  (memory 1)
  (global $g (mut i32) (i32.const 7))
  (global $c i32 (i32.const 1024))
  (func (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.add (global.get $c) (i32.shl (local.get $i) (i32.const 2))))))
      (global.set $g (i32.add (global.get $g) (local.get $sum)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum)))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rax
;;     movq -0x2008(%rax), %rcx
;;     movq 8(%rcx), %rax
;;     subq $0x1, %rax
;;     movq %rax, 8(%rcx)
;;     testq %rax, %rax
;;     jl #trap=user12
;;     uninit  %rax
;;     xorl %eax, %eax
;;     movq %rax, %rsi
;;     jmp     label1
;;   block1:
;;     movq    %r15, %r8
;;     movl -0x2000(%r8), %edx
;;     movq 8(%rcx), %rdx
;;     movq %rdx, %r9
;;     subq $0x15, %r9
;;     movq %r9, 8(%rcx)
;;     testq %r9, %r9
;;     jl #trap=user12
;;     movq %rsi, %r9
;;     shll $0x2, %r9d
;;     leal 0x400(%r9), %r9d
;;     movl (%r8, %r9), %r9d
;;     leal (%rax, %r9), %eax
;;     addl %eax, -0x3020(%r8)
;;     leal 1(%rsi), %esi
;;     cmpl %edi, %esi
;;     jb      label2; j label3
;;   block2:
;;     jmp     label1
;;   block3:
;;     movq %rdx, %rsi
;;     subq $0x16, %rsi
;;     movq %rsi, 8(%rcx)
;;     testq %rsi, %rsi
;;     jl #trap=user12
;;     subq $0x18, %rdx
;;     movq %rdx, 8(%rcx)
;;     testq %rdx, %rdx
;;     jl #trap=user12
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
