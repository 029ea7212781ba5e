;;! polls = off
(module
  (import "" "seldom" (func $seldom (param i32)))
  (func $unlikely_if (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get 0) (then (call $seldom (i32.const 1))))
    (i32.const 2))
  (func $likely_if (param i32) (result i32)
    (@metadata.code.branch_hint "\01")
    (if (result i32) (local.get 0) (then (i32.const 3)) (else (call $seldom (i32.const 4)) (i32.const 5))))
  (func $error_exit (param i32 i32) (result i32)
    (block $error
      (@metadata.code.branch_hint "\00")
      (br_if $error (i32.eqz (local.get 0)))
      (@metadata.code.branch_hint "\00")
      (br_if $error (i32.eqz (local.get 1)))
      (return (i32.div_u (local.get 0) (local.get 1))))
    (call $seldom (i32.const 6))
    (i32.const 7))
  (func $no_hint (param i32) (result i32)
    (if (local.get 0) (then (call $seldom (i32.const 8))))
    (i32.const 9)))

;; function 1:
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
;; function 2:
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
;; function 3:
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
;; function 4:
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
