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
;;     uninit  %rax
;;     xorl %eax, %eax
;;     movq %rax, %rsi
;;     jmp     label1
;;   block1:
;;     movq    %r15, %rdx
;;     movl -0x2000(%rdx), %ecx
;;     movq %rsi, %rcx
;;     shll $0x2, %ecx
;;     leal 0x400(%rcx), %ecx
;;     movl (%rdx, %rcx), %ecx
;;     movl -0x3020(%rdx), %r8d
;;     leal (%rax, %rcx), %eax
;;     leal (%r8, %rax), %ecx
;;     movl %ecx, -0x3020(%rdx)
;;     leal 1(%rsi), %edx
;;     cmpl %edi, %edx
;;     jb      label3; j label2
;;   block2:
;;     jmp     label6
;;   block3:
;;     shll $0x2, %edx
;;     leal 0x400(%rdx), %r8d
;;     movq    %r15, %rdx
;;     movl (%rdx, %r8), %r8d
;;     leal (%rax, %r8), %eax
;;     leal (%rcx, %rax), %ecx
;;     movl %ecx, -0x3020(%rdx)
;;     leal 2(%rsi), %esi
;;     cmpl %edi, %esi
;;     jb      label4; j label5
;;   block4:
;;     jmp     label1
;;   block5:
;;     jmp     label6
;;   block6:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
