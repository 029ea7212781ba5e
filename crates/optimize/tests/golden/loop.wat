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
;;     movq    %r15, %rcx
;;     movl -0x2000(%rcx), %edx
;;     movq %rsi, %rdx
;;     shll $0x2, %edx
;;     leal 0x400(%rdx), %edx
;;     movl (%rcx, %rdx), %edx
;;     leal (%rax, %rdx), %eax
;;     addl %eax, -0x3020(%rcx)
;;     leal 1(%rsi), %esi
;;     cmpl %edi, %esi
;;     jb      label2; j label3
;;   block2:
;;     jmp     label1
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
