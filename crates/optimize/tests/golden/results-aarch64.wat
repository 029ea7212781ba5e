;;! architecture = aarch64
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
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     str w3, [x2]
;;     str w3, [x2, #16]
;;     str w3, [x2, #32]
;;     str w3, [x2, #48]
;;     str w3, [x2, #64]
;;     str w3, [x2, #80]
;;     str w3, [x2, #96]
;;     str w3, [x2, #112]
;;     movz w11, #9
;;     str w11, [x2, #128]
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 1:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     ldp fp, lr, [sp], #16
;;     ret
;; function 2:
;;     stp fp, lr, [sp, #-16]!
;;     mov fp, sp
;;   block0:
;;     mov x0, x2
;;     mov x2, x3
;;     mov x3, x0
;;     mov v3.16b, v0.16b
;;     mov v0.16b, v2.16b
;;     mov v2.16b, v3.16b
;;     ldp fp, lr, [sp], #16
;;     ret
