;; Objects that survive collections with everything in them, found through every kind of root.

(module $m
  (rec
    (type $node (sub (struct (field $left (mut (ref null $node))) (field $right (mut (ref null $node)))
                             (field $value (mut i32)))))
    (type $big (sub $node (struct (field $left (mut (ref null $node))) (field $right (mut (ref null $node)))
                                  (field $value (mut i32)) (field $wide i64) (field $small (mut i8))
                                  (field $any (mut anyref)) (field $vector (mut v128))))))
  (type $nodes (array (mut (ref null $node))))
  (type $bytes (array (mut i8)))
  (type $vectors (array (mut v128)))
  (type $anys (array (mut anyref)))

  (global $root (mut (ref null $node)) (ref.null $node))
  (global $first (ref $node) (struct.new $node (ref.null $node) (ref.null $node) (i32.const 77)))
  (global $list (ref $anys)
    (array.new_fixed $anys 3 (ref.i31 (i32.const 5)) (global.get $first)
      (array.new $bytes (i32.const 9) (i32.const 4))))
  (table $table 10 anyref)
  (elem $kept anyref (ref.i31 (i32.const 1)) (array.new_default $bytes (i32.const 7))
    (struct.new $node (ref.null $node) (ref.null $node) (i32.const 3)))

  ;; A complete tree of some depth.
  (func $tree (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (i32.eqz (local.get $depth))
      (then (struct.new $node (ref.null $node) (ref.null $node) (i32.const 1)))
      (else
        (struct.new $node
          (call $tree (i32.sub (local.get $depth) (i32.const 1)))
          (call $tree (i32.sub (local.get $depth) (i32.const 1)))
          (i32.const 1)))))

  (func $sum (param $node (ref null $node)) (result i32)
    (if (result i32) (ref.is_null (local.get $node))
      (then (i32.const 0))
      (else
        (i32.add (struct.get $node $value (local.get $node))
          (i32.add (call $sum (struct.get $node $left (local.get $node)))
                   (call $sum (struct.get $node $right (local.get $node))))))))

  ;; Leaves garbage behind.
  (func $waste (param $count i32)
    (loop $again
      (drop (array.new_default $bytes (i32.const 1000)))
      (drop (struct.new_default $big))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  (func (export "trees") (param $depth i32) (param $rounds i32) (result i32)
    (local $kept (ref null $node)) (local $sum i32)
    (global.set $root (call $tree (local.get $depth)))
    (loop $again
      (local.set $kept (call $tree (local.get $depth)))
      (local.set $sum (i32.add (local.get $sum) (call $sum (call $tree (local.get $depth)))))
      (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $kept))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $sum) (call $sum (global.get $root))))

  ;; An old object gets young ones, again and again.
  (func (export "old_to_young") (param $rounds i32) (result i32)
    (local $old (ref $nodes)) (local $i i32) (local $sum i32)
    (local.set $old (array.new_default $nodes (i32.const 30000)))
    (call $waste (i32.const 50))
    (loop $again
      (array.set $nodes (local.get $old) (i32.mul (local.get $i) (i32.const 7))
        (struct.new $node (ref.null $node)
          (struct.new $node (ref.null $node) (ref.null $node) (local.get $i))
          (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds))))
    (call $waste (i32.const 50))
    (loop $again
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum)
        (call $sum (array.get $nodes (local.get $old) (i32.mul (local.get $i) (i32.const 7))))))
      (br_if $again (local.get $i)))
    (local.get $sum))

  ;; A structure in the old space gets young ones through all its fields.
  (func (export "fields") (param $rounds i32) (result i32)
    (local $big (ref $big)) (local $i i32) (local $sum i32)
    (local.set $big
      (struct.new $big (ref.null $node) (ref.null $node) (i32.const 1) (i64.const -2) (i32.const -3)
        (ref.null any) (v128.const i32x4 1 2 3 4)))
    (loop $again
      (call $waste (i32.const 3))
      (struct.set $big $left (local.get $big)
        (struct.new $node (struct.get $big $left (local.get $big)) (ref.null $node) (local.get $i)))
      (struct.set $big $any (local.get $big)
        (array.new_fixed $anys 2 (struct.get $big $any (local.get $big)) (ref.i31 (local.get $i))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rounds))))
    ;; What was collected on the way is still as it was.
    (local.set $sum (call $sum (struct.get $big $left (local.get $big))))
    (loop $again
      (local.set $sum (i32.sub (local.get $sum)
        (i31.get_u (ref.cast (ref i31)
          (array.get $anys (ref.cast (ref $anys) (struct.get $big $any (local.get $big))) (i32.const 1))))))
      (struct.set $big $any (local.get $big)
        (array.get $anys (ref.cast (ref $anys) (struct.get $big $any (local.get $big))) (i32.const 0)))
      (br_if $again (i32.eqz (ref.is_null (struct.get $big $any (local.get $big))))))
    (i32.add (local.get $sum)
      (i32.add (i32.wrap_i64 (struct.get $big $wide (local.get $big)))
        (i32.add (struct.get_s $big $small (local.get $big))
          (i32x4.extract_lane 3 (struct.get $big $vector (local.get $big)))))))

  ;; A table and a segment are roots too.
  (func (export "table") (result i32)
    (table.set $table (i32.const 3) (call $tree (i32.const 3)))
    (table.init $table $kept (i32.const 5) (i32.const 0) (i32.const 3))
    (call $waste (i32.const 2000))
    (table.init $table $kept (i32.const 7) (i32.const 1) (i32.const 2))
    (call $waste (i32.const 2000))
    (i32.add
      (call $sum (ref.cast (ref $node) (table.get $table (i32.const 3))))
      (i32.add
        (array.len (ref.cast (ref $bytes) (table.get $table (i32.const 7))))
        (i32.add
          (ref.eq (ref.cast eqref (table.get $table (i32.const 6))) (ref.cast eqref (table.get $table (i32.const 7))))
          (struct.get $node $value (ref.cast (ref $node) (table.get $table (i32.const 8))))))))

  (func (export "globals") (result i32)
    (call $waste (i32.const 2000))
    (i32.add
      (struct.get $node $value (ref.cast (ref $node) (array.get $anys (global.get $list) (i32.const 1))))
      (i32.add
        (array.get_u $bytes (ref.cast (ref $bytes) (array.get $anys (global.get $list) (i32.const 2))) (i32.const 3))
        (ref.eq (global.get $first) (ref.cast eqref (array.get $anys (global.get $list) (i32.const 1)))))))

  ;; Many references alive in one frame, some of them only after others are gone.
  (func (export "frame") (param $n i32) (result i32)
    (local $a (ref null $node)) (local $b (ref null $node)) (local $c (ref null $node)) (local $d anyref)
    (local.set $a (call $tree (i32.const 2)))
    (local.set $b (select (result (ref null $node)) (local.get $a) (ref.null $node) (local.get $n)))
    (local.set $c (call $tree (i32.const 1)))
    (local.set $d (if (result anyref) (local.get $n) (then (local.get $c)) (else (ref.i31 (i32.const 3)))))
    (loop $again
      (call $waste (i32.const 10))
      (local.set $a (block $out (result (ref null $node))
        (br_if $out (local.get $c) (i32.and (local.get $n) (i32.const 1)))
        (drop) (local.get $b)))
      (local.set $b (struct.new $node (local.get $a) (ref.null $node) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (call $sum (local.get $a))
      (i32.add (call $sum (local.get $b)) (call $sum (ref.cast (ref null $node) (local.get $d))))))

  ;; Cycles do not keep themselves alive; the heap would be full long before the end.
  (func (export "cycles") (param $count i32)
    (local $a (ref null $node))
    (loop $again
      (local.set $a (struct.new $node (ref.null $node) (ref.null $node) (i32.const 0)))
      (struct.set $node $left (local.get $a) (local.get $a))
      (struct.set $node $right (local.get $a)
        (struct.new $node (local.get $a) (local.get $a) (i32.const 0)))
      (drop (array.new $nodes (local.get $a) (i32.const 20)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Large arrays are filled, copied and kept.
  (func (export "large") (param $length i32) (result i32)
    (local $a (ref $nodes)) (local $b (ref $nodes)) (local $v (ref $vectors)) (local $one (ref $node))
    (local.set $one (call $tree (i32.const 0)))
    (local.set $a (array.new $nodes (local.get $one) (local.get $length)))
    (local.set $b (array.new_default $nodes (local.get $length)))
    (local.set $v (array.new $vectors (v128.const i32x4 5 6 7 8) (local.get $length)))
    (array.copy $nodes $nodes (local.get $b) (i32.const 1) (local.get $a) (i32.const 0)
      (i32.sub (local.get $length) (i32.const 1)))
    (call $waste (i32.const 100))
    (array.fill $nodes (local.get $a) (i32.const 5) (call $tree (i32.const 1)) (i32.const 10))
    (call $waste (i32.const 100))
    (i32.add
      (call $sum (array.get $nodes (local.get $a) (i32.const 14)))
      (i32.add
        (i32.add (ref.is_null (array.get $nodes (local.get $b) (i32.const 0)))
                 (ref.eq (array.get $nodes (local.get $b) (i32.const 1)) (local.get $one)))
        (i32x4.extract_lane 2
          (array.get $vectors (local.get $v) (i32.sub (local.get $length) (i32.const 1)))))))

  (func (export "too_large") (param i32) (drop (array.new_default $vectors (local.get 0))))


  (func (export "outside") (param externref i32) (result externref)
    (local $kept anyref)
    (local.set $kept (any.convert_extern (local.get 0)))
    (table.set $table (i32.const 9) (local.get $kept))
    (call $waste (local.get 1))
    (if (i32.eqz (ref.eq (ref.i31 (i32.const 1)) (ref.i31 (i32.const 1)))) (then (unreachable)))
    (if (ref.test eqref (local.get $kept)) (then (unreachable)))
    (extern.convert_any (table.get $table (i32.const 9))))
)

(assert_return (invoke "trees" (i32.const 5) (i32.const 3)) (i32.const 441))
(assert_return (invoke "old_to_young" (i32.const 200)) (i32.const 20100))
(assert_return (invoke "fields" (i32.const 100)) (i32.const -1))
(assert_return (invoke "table") (i32.const 26))
(assert_return (invoke "globals") (i32.const 87))
(assert_return (invoke "frame" (i32.const 30)) (i32.const 10))
(assert_return (invoke "cycles" (i32.const 500)))
(assert_return (invoke "large" (i32.const 100)) (i32.const 12))
(assert_return (invoke "large" (i32.const 40000)) (i32.const 12))
(assert_return (invoke "outside" (ref.extern 5) (i32.const 100)) (ref.extern 5))
(assert_return (invoke "outside" (ref.extern 6) (i32.const 2000)) (ref.extern 6))
(assert_trap (invoke "too_large" (i32.const -1)) "allocation size too large")
(assert_trap (invoke "too_large" (i32.const 0x0fffffff)) "allocation size too large")
(assert_return (invoke "globals") (i32.const 87))
