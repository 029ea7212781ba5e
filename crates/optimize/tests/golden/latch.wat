;;! polls = off
(module
  (memory 1)
  (func (param $to i32) (local $i i32)
    (loop $again
      (i64.store (i32.add (local.get $to) (local.get $i))
        (i64.mul (i64.load (local.get $i)) (i64.load offset=8 (local.get $i))))
      (i64.store offset=64 (i32.add (local.get $to) (local.get $i))
        (i64.add (i64.load offset=16 (local.get $i)) (i64.load offset=24 (local.get $i))))
      (i64.store offset=128 (i32.add (local.get $to) (local.get $i))
        (i64.sub (i64.load offset=32 (local.get $i)) (i64.load offset=40 (local.get $i))))
      (br_if $again (i32.ne (local.get $i)
        (i32.const 96) (local.set $i (i32.add (local.get $i) (i32.const 8))))))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     uninit  %rdx
;;     xorl %edx, %edx
;;     jmp     label1
;;   block1:
;;     movl %edx, %eax
;;     movq    %r15, %rcx
;;     movq (%rcx, %rax), %r8
;;     imulq 8(%rcx, %rax), %r8
;;     leal (%rdi, %rdx), %esi
;;     movq %r8, (%rcx, %rsi)
;;     movq 0x10(%rcx, %rax), %r8
;;     addq 0x18(%rcx, %rax), %r8
;;     movq %r8, 0x40(%rcx, %rsi)
;;     movq 0x20(%rcx, %rax), %r8
;;     subq 0x28(%rcx, %rax), %r8
;;     movq %r8, 0x80(%rcx, %rsi)
;;     leal 8(%rdx), %edx
;;     cmpl $0x68, %edx
;;     jnz     label2; j label3
;;   block2:
;;     jmp     label1
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
