(module
  (func $many (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
    (local.get 0) (local.get 0) (local.get 0) (i32.const 9))
  (func (param i32) (result i32)
    (call $many (local.get 0))
    (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop))
  (func (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))

;; function 0:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl %esi, (%rdi)
;;     movl %esi, 0x10(%rdi)
;;     movl %esi, 0x20(%rdi)
;;     movl %esi, 0x30(%rdi)
;;     movl %esi, 0x40(%rdi)
;;     movl %esi, 0x50(%rdi)
;;     movl %esi, 0x60(%rdi)
;;     movl %esi, 0x70(%rdi)
;;     movl $0x9, 0x80(%rdi)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rax
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rsi, %rax
;;     movq %rdi, %rcx
;;     movdqa %xmm0, %xmm3
;;     movdqa %xmm2, %xmm0
;;     movdqa %xmm3, %xmm2
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
