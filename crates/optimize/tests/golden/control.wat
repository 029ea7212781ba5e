;;! stage = intermediate
(module
  (func (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
  (func (param i32) (if (local.get 0) (then (unreachable))))
  (func (param i32) (result i32)
    (block (result i32)
      (block (result i32) (br_table 0 1 0 (i32.const 7) (local.get 0)))
      (i32.add (i32.const 1))))
  (func (param i32) (loop $l (br_if $l (local.get 0))))
  (func (param i64) (result i64) (return (local.get 0)) (i64.const 3))
  (func (param i32) (result i32)
    (local.get 0)
    (if (param i32) (result i32) (i32.const 1) (then) (else (drop) (i32.const 5)))))

;; function 0:
;;   function u0:0(i32) -> i32 tail {
;;                                   block0(v0: i32):
;;                                       v1 = get_pinned_reg.i64
;;   @0029                               brif v0, block1, block2
;;
;;                                   block1:
;;   @002b                               v2 = iconst.i32 1
;;   @002d                               jump block3(v2)  ; v2 = 1
;;
;;                                   block2:
;;   @002e                               v4 = iconst.i32 2
;;   @0030                               jump block3(v4)  ; v4 = 2
;;
;;                                   block3(v3: i32):
;;   @0031                               return v3
;;   }
;; function 1:
;;   function u0:1(i32) tail {
;;                                   block0(v0: i32):
;;                                       v1 = get_pinned_reg.i64
;;   @0036                               brif v0, block1, block2
;;
;;                                   block1:
;;   @0038                               trap user1
;;
;;                                   block2:
;;   @003a                               return
;;   }
;; function 2:
;;   function u0:2(i32) -> i32 tail {
;;                                   block0(v0: i32):
;;                                       v1 = get_pinned_reg.i64
;;   @0041                               v2 = iconst.i32 7
;;   @0045                               br_table v0, block1(v2), [block1(v2), block2(v2)]  ; v2 = 7, v2 = 7, v2 = 7
;;
;;                                   block1(v3: i32):
;;   @004b                               v5 = iconst.i32 1
;;   @004d                               v6 = iadd v3, v5  ; v5 = 1
;;   @004e                               jump block2(v6)
;;
;;                                   block2(v4: i32):
;;   @004f                               return v4
;;   }
;; function 3:
;;   function u0:3(i32) tail {
;;                                   block0(v0: i32):
;;                                       v3 -> v0
;;                                       v1 = get_pinned_reg.i64
;;   @0052                               jump block1
;;
;;                                   block1:
;;   @0052                               v2 = load.i32 user11 aligned little v1-8192
;;   @0056                               brif.i32 v3, block2, block6
;;
;;                                   block6:
;;   @0058                               jump block5
;;
;;                                   block2:
;;   @0056                               brif.i32 v3, block3, block7
;;
;;                                   block7:
;;   @0058                               jump block5
;;
;;                                   block3:
;;   @0056                               brif.i32 v3, block4, block8
;;
;;                                   block8:
;;   @0058                               jump block5
;;
;;                                   block4:
;;   @0056                               brif.i32 v3, block1, block9
;;
;;                                   block9:
;;   @0058                               jump block5
;;
;;                                   block5:
;;   @0059                               return
;;   }
;; function 4:
;;   function u0:4(i64) -> i64 tail {
;;                                   block0(v0: i64):
;;                                       v1 = get_pinned_reg.i64
;;   @005e                               return v0
;;   }
;; function 5:
;;   function u0:5(i32) -> i32 tail {
;;                                   block0(v0: i32):
;;                                       v1 = get_pinned_reg.i64
;;   @0066                               v2 = iconst.i32 1
;;   @0068                               brif v2, block1, block3(v0)  ; v2 = 1
;;
;;                                   block1:
;;   @006a                               jump block2(v0)
;;
;;                                   block3(v4: i32):
;;   @006c                               v5 = iconst.i32 5
;;   @006e                               jump block2(v5)  ; v5 = 5
;;
;;                                   block2(v3: i32):
;;   @006f                               return v3
;;   }
