;;! parts = 1
(module
  (type $f (func (param i32) (result i32)))
  (import "host" "f" (func $host (type $f)))
  (func $elsewhere (type $f) (block (br_table 0 0 (local.get 0))) (local.get 0))
  (func $member (type $f) (block (br_table 0 0 (local.get 0))) (local.get 0))
  (func (param i32) (result i32) (call $member (local.get 0)))
  (func (param i32) (result i32) (call $elsewhere (local.get 0)))
  (func (param i32) (result i32) (return_call $elsewhere (local.get 0)))
  (func (param i32) (result i32) (call $host (local.get 0)))
  (func (param i32) (result i32) (return_call $host (local.get 0)))
  (func $itself (param i32) (result i32) (block (br_table 0 0 (local.get 0)))
    (call $itself (local.get 0))))

;; function 1:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0x1, %esi
;;     movl %edi, %r8d
;;     cmpl %esi, %r8d
;;     cmovbl %r8d, %esi
;;     br_table %rsi, %r9, %r10
;;   block1:
;;     movq %rdi, %rax
;;     jmp     label3
;;   block2:
;;     movq %rdi, %rax
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 2:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movl $0x1, %esi
;;     movl %edi, %r8d
;;     cmpl %esi, %r8d
;;     cmovbl %r8d, %esi
;;     br_table %rsi, %r9, %r10
;;   block1:
;;     movq %rdi, %rax
;;     jmp     label3
;;   block2:
;;     movq %rdi, %rax
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 3:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl -0x2000(%rsi), %esi
;;     call    User(userextname0)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 4:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl -0x2000(%rsi), %r8d
;;     movq -0x2048(%rsi), %rsi
;;     movq 8(%rsi), %rsi
;;     call    *%rsi
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 5:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %rsi
;;     movl -0x2000(%rsi), %r8d
;;     movq -0x2048(%rsi), %rsi
;;     movq 8(%rsi), %r10
;;     return_call_unknown %r10 (0) tmp=%r11 %rdi=%rdi
;; function 6:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rcx
;;     movq    %r15, %r11
;;     movl -0x2000(%r11), %eax
;;     movq -0x2160(%r11), %r11
;;     testq %r11, %r11
;;     jnz     label2; j label1
;;   block1:
;;     movq    %r15, %rax
;;     leaq -0x2170(%rax), %rdi
;;     movq %rcx, %rsi
;;     call    User(userextname0)
;;     jmp     label3
;;   block2:
;;     movq %rcx, %rsi
;;     movq    %r15, %rax
;;     leaq -0x2170(%rax), %rdi
;;     call    *%r11
;;     jmp     label3
;;   block3:
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
;; function 7:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq %rdi, %rcx
;;     movq    %r15, %r10
;;     movl -0x2000(%r10), %r11d
;;     movq -0x2160(%r10), %r10
;;     testq %r10, %r10
;;     jnz     label2; j label1
;;   block1:
;;     movq    %r15, %rax
;;     leaq -0x2170(%rax), %rdi
;;     movq %rcx, %rsi
;;     return_call_known User(userextname0) (0) tmp=%r11 %rdi=%rdi %rsi=%rsi
;;   block2:
;;     movq %rcx, %rsi
;;     movq    %r15, %rax
;;     leaq -0x2170(%rax), %rdi
;;     return_call_unknown %r10 (0) tmp=%r11 %rdi=%rdi %rsi=%rsi
;; function 8:
;;     pushq %rbp
;;     movq %rsp, %rbp
;;   block0:
;;     movq    %r15, %r9
;;     movl -0x2000(%r9), %r9d
;;     movl $0x1, %r8d
;;     movl %edi, %r9d
;;     cmpl %r8d, %r9d
;;     cmovbl %r9d, %r8d
;;     br_table %r8, %rcx, %rax
;;   block1:
;;     jmp     label3
;;   block2:
;;     jmp     label3
;;   block3:
;;     call    User(userextname0)
;;     movq %rbp, %rsp
;;     popq %rbp
;;     retq
