;;! polls = off
;;! branch = 1 0 2 100
;;! branch = 2 0 255 255
;;! branch = 3 0 0 255
;;! branch = 3 1 1 255
;;! branch = 4 0 0 31
;;! branch = 5 0 3 100
;;! branch = 6 0 0 255
;;! call = 7 0 1 255
(module
  (import "" "seldom" (func $seldom (param i32)))
  (func $small (param i32) (call $seldom (i32.add (local.get 0) (i32.const 1)))
    (call $seldom (i32.mul (local.get 0) (local.get 0))))
  (func $unlikely_if (param i32) (result i32)
    (if (local.get 0) (then (call $seldom (i32.const 1))))
    (i32.const 2))
  (func $likely_if (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 3)) (else (call $seldom (i32.const 4)) (i32.const 5))))
  (func $error_exit (param i32 i32) (result i32)
    (block $error
      (br_if $error (i32.eqz (local.get 0)))
      (br_if $error (i32.eqz (local.get 1)))
      (return (i32.div_u (local.get 0) (local.get 1))))
    (call $seldom (i32.const 6))
    (i32.const 7))
  (func $too_early_to_say (param i32) (result i32)
    (if (local.get 0) (then (call $seldom (i32.const 8))))
    (i32.const 9))
  (func $now_and_then (param i32) (result i32)
    (if (local.get 0) (then (call $seldom (i32.const 10))))
    (i32.const 11))
  (func $call_in_the_cold (param i32) (result i32)
    (if (local.get 0) (then (call $small (i32.const 12))))
    (i32.const 13))
  (func $call_that_is_seldom_made (param i32) (result i32)
    (call $small (i32.const 14))
    (i32.const 15)))

;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;     subq $0x10, %rsp
;;     movq %r12, (%rsp)
;;     movq %r13, 8(%rsp)
;;   block0:
;;     movq %rdi, %r13
;;     movq    %r15, %r8
;;     movq -0x2160(%r8), %r12
;;     leaq -0x2170(%r8), %rdi
;;     movq %r13, %rax
;;     leal 1(%rax), %esi
;;     call    *%r12
;;     movq %r13, %rdi
;;     movq %rdi, %rsi
;;     imull %edi, %esi
;;     movq    %r15, %r9
;;     leaq -0x2170(%r9), %rdi
;;     call    *%r12
;;     movq (%rsp), %r12
;;     movq 8(%rsp), %r13
;;     addq $0x10, %rsp
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jnz     label2; j label1
;;   block1:
;;     jmp     label3
;;   block3:
;;     movl $0x2, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movq    %r15, %r10
;;     movq -0x2160(%r10), %r9
;;     leaq -0x2170(%r10), %rdi
;;     movl $0x1, %esi
;;     call    *%r9
;;     jmp     label3
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jnz     label2; j label1
;;   block2:
;;     movl $0x3, %eax
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     movq    %r15, %r11
;;     movq -0x2160(%r11), %r10
;;     leaq -0x2170(%r11), %rdi
;;     movl $0x4, %esi
;;     call    *%r10
;;     movl $0x5, %eax
;;     jmp     label3
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     movq %rdi, %rax
;;     jz      label1; j label2
;;   block2:
;;     testl %esi, %esi
;;     jz      label3; j label4
;;   block4:
;;     uninit  %rdx
;;     xorq %rdx, %rdx
;;     divl %esi ;; implicit: %eax, %edx, trap=254
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block1:
;;     jmp     label5
;;   block3:
;;     jmp     label5
;;   block5:
;;     movq    %r15, %rcx
;;     movq -0x2160(%rcx), %rax
;;     leaq -0x2170(%rcx), %rdi
;;     movl $0x6, %esi
;;     call    *%rax
;;     movl $0x7, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jnz     label2; j label1
;;   block1:
;;     jmp     label3
;;   block2:
;;     movq    %r15, %r10
;;     movq -0x2160(%r10), %r9
;;     leaq -0x2170(%r10), %rdi
;;     movl $0x8, %esi
;;     call    *%r9
;;     jmp     label3
;;   block3:
;;     movl $0x9, %eax
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
;;     jmp     label3
;;   block2:
;;     movq    %r15, %r10
;;     movq -0x2160(%r10), %r9
;;     leaq -0x2170(%r10), %rdi
;;     movl $0xa, %esi
;;     call    *%r9
;;     jmp     label3
;;   block3:
;;     movl $0xb, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 7:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     testl %edi, %edi
;;     jnz     label2; j label1
;;   block1:
;;     jmp     label3
;;   block3:
;;     movl $0xd, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movl $0xc, %edi
;;     call    User(userextname0)
;;     jmp     label3
;; function 8:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0xe, %edi
;;     call    User(userextname0)
;;     movl $0xf, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
