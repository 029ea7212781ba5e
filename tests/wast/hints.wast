;; Branch hints, right and wrong ones: they move code and change nothing that it does.

(module
  (global $seen (mut i32) (i32.const 0))
  (func $note (param i32) (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (local.get 0))))
  (func (export "seen") (result i32) (global.get $seen) (global.set $seen (i32.const 0)))

  (func $if (export "if") (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get 0) (then (call $note (i32.const 1))))
    (@metadata.code.branch_hint "\01")
    (if (local.get 0) (then (call $note (i32.const 2))))
    (@metadata.code.branch_hint "\00")
    (if (result i32) (local.get 0) (then (i32.const 3))
      (else
        (@metadata.code.branch_hint "\01")
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 4)) (else (i32.const 5))))))

  (func (export "parameters") (param i32) (result i32)
    (local.get 0)
    (local.get 0)
    (@metadata.code.branch_hint "\01")
    (if (param i32) (result i32) (then (i32.add (i32.const 10))))
    (local.get 0)
    (@metadata.code.branch_hint "\01")
    (if (param i32) (result i32) (then (i32.add (i32.const 100))) (else (drop) (i32.const -1))))

  (func (export "exits") (param i32 i32) (result i32)
    (block $far
      (block $near
        (@metadata.code.branch_hint "\00")
        (br_if $near (local.get 0))
        (@metadata.code.branch_hint "\00")
        (br_if $far (local.get 1))
        (return (i32.const 1)))
      (@metadata.code.branch_hint "\01")
      (br_if $far (local.get 1))
      (return (i32.const 2)))
    (i32.const 3))

  ;; Hints at the edges of loops, and a loop in a cold place.
  (func (export "loops") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (loop $next
        (@metadata.code.branch_hint "\00")
        (br_if $done (i32.eq (local.get $i) (local.get $n)))
        (@metadata.code.branch_hint "\00")
        (if (i32.and (local.get $i) (i32.const 1))
          (then
            (loop $inner
              (local.set $sum (i32.add (local.get $sum) (local.get $i)))
              (@metadata.code.branch_hint "\01")
              (br_if $inner (i32.lt_u (local.get $sum) (i32.const 5))))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (@metadata.code.branch_hint "\00")
        (br_if $next (i32.const 1))))
    (local.get $sum))

  ;; A callee with hints that is translated in place, in a cold place.
  (func (export "inlined") (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (result i32) (local.get 0)
      (then (i32.add (call $if (i32.const 0)) (call $if (i32.const 1))))
      (else (call $if (i32.const 0)))))

  (func (export "unreachable") (param i32) (result i32)
    (block $out (result i32)
      (i32.const 7)
      (@metadata.code.branch_hint "\00")
      (br_if $out (local.get 0))
      (drop)
      (@metadata.code.branch_hint "\01")
      (if (i32.eqz (local.get 0)) (then (return (i32.const 8))) (else (unreachable)))
      (unreachable))))

(assert_return (invoke "if" (i32.const 0)) (i32.const 4))
(assert_return (invoke "seen") (i32.const 0))
(assert_return (invoke "if" (i32.const 9)) (i32.const 3))
(assert_return (invoke "seen") (i32.const 12))
(assert_return (invoke "parameters" (i32.const 0)) (i32.const -1))
(assert_return (invoke "parameters" (i32.const 1)) (i32.const 111))
(assert_return (invoke "exits" (i32.const 0) (i32.const 0)) (i32.const 1))
(assert_return (invoke "exits" (i32.const 1) (i32.const 0)) (i32.const 2))
(assert_return (invoke "exits" (i32.const 0) (i32.const 1)) (i32.const 3))
(assert_return (invoke "exits" (i32.const 1) (i32.const 1)) (i32.const 3))
(assert_return (invoke "loops" (i32.const 0)) (i32.const 0))
(assert_return (invoke "loops" (i32.const 2)) (i32.const 5))
(assert_return (invoke "loops" (i32.const 6)) (i32.const 13))
(assert_return (invoke "inlined" (i32.const 0)) (i32.const 4))
(assert_return (invoke "inlined" (i32.const 1)) (i32.const 7))
(assert_return (invoke "seen") (i32.const 12))
(assert_return (invoke "unreachable" (i32.const 0)) (i32.const 8))
(assert_return (invoke "unreachable" (i32.const 1)) (i32.const 7))
