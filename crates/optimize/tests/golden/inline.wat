(module
  (memory 1)
  (func $get (param i32) (result i32) (i32.load (local.get 0)))
  (func $clamp (param i32) (result i32)
    (if (i32.gt_s (local.get 0) (i32.const 9)) (then (return (i32.const 9))))
    (local.get 0))
  (func (export "f") (param i32) (result i32)
    (call $clamp (call $get (local.get 0)))))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl %edi, %edi
;;     movl (%rsi, %rdi), %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     cmpl $0x9, %edi
;;     jnle    label2; j label1
;;   block1:
;;     movq %rdi, %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;;   block2:
;;     movl $0x9, %eax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl %edi, %edi
;;     movl (%rsi, %rdi), %eax
;;     cmpl $0x9, %eax
;;     jnle    label2; j label1
;;   block1:
;;     jmp     label3
;;   block2:
;;     movl $0x9, %eax
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
