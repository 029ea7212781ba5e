;; Binary trees: many that die young, one that lives on. Allocation, and recursion over small objects.
(global $warm i32 (i32.const 10))
(global $rounds i32 (i32.const 30))

(type $tree (sub final (struct (field $left (ref null $tree)) (field $right (ref null $tree)))))
(global $long_lived (mut (ref null $tree)) (ref.null $tree))

(func $make (param $depth i32) (result (ref $tree))
  (if (result (ref $tree)) (local.get $depth)
    (then
      (struct.new $tree
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))))
    (else (struct.new_default $tree))))

(func $count (param $tree (ref $tree)) (result i32) (local $left (ref null $tree))
  (if (ref.is_null (local.tee $left (struct.get $tree $left (local.get $tree))))
    (then (return (i32.const 1))))
  (i32.add (i32.const 1)
    (i32.add
      (call $count (ref.as_non_null (local.get $left)))
      (call $count (ref.as_non_null (struct.get $tree $right (local.get $tree)))))))

;; Trees of depth 4, 8, 12 and 16, about as many nodes of each.
(func $round (result i64) (local $sum i64) (local $depth i32) (local $left i32)
  (if (ref.is_null (global.get $long_lived))
    (then (global.set $long_lived (call $make (i32.const 16)))))
  (local.set $depth (i32.const 4))
  (loop $depths
    (local.set $left (i32.shl (i32.const 1) (i32.sub (i32.const 16) (local.get $depth))))
    (loop $trees
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (call $count (call $make (local.get $depth))))))
      (br_if $trees (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (local.set $depth (i32.add (local.get $depth) (i32.const 4)))
    (br_if $depths (i32.le_u (local.get $depth) (i32.const 16))))
  (call $mix (local.get $sum) (i64.extend_i32_u (call $count (ref.as_non_null (global.get $long_lived))))))
