;; A splay tree whose nodes are always replaced: each carries a tree of small arrays, and the oldest ones die, so that
;; nearly everything survives the nursery and dies later. The hard case for collectors with generations.
(global $warm i32 (i32.const 20))
(global $rounds i32 (i32.const 80))

(type $numbers (array (mut i32)))
(type $payload (sub (struct)))
(type $inner (sub final $payload (struct (field $left (ref $payload)) (field $right (ref $payload)))))
(type $leaf (sub final $payload (struct (field $numbers (ref $numbers)) (field $tag i64))))
(type $node (sub final (struct
  (field $key i32)
  (field $value (ref $payload))
  (field $left (mut (ref null $node)))
  (field $right (mut (ref null $node))))))

(global $root (mut (ref null $node)) (ref.null $node))

(func $payload (param $depth i32) (param $tag i32) (result (ref $payload))
  (if (result (ref $payload)) (local.get $depth)
    (then
      (struct.new $inner
        (call $payload (i32.sub (local.get $depth) (i32.const 1)) (local.get $tag))
        (call $payload (i32.sub (local.get $depth) (i32.const 1)) (local.get $tag))))
    (else
      (struct.new $leaf
        (array.new_fixed $numbers 10
          (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)
          (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (local.get $tag))
        (i64.extend_i32_u (local.get $tag))))))

;; What a payload holds, down its left side.
(func $look (param $at (ref $payload)) (result i32)
  (loop $down
    (block $is_inner (result (ref $inner))
      (drop (br_on_cast $is_inner (ref $payload) (ref $inner) (local.get $at)))
      (return
        (array.get $numbers
          (struct.get $leaf $numbers (ref.cast (ref $leaf) (local.get $at)))
          (i32.const 9))))
    (local.set $at (struct.get $inner $left))
    (br $down))
  (unreachable))

;; Brings the node with the key, or a neighbour of it, to the root: top down, as Sleator and Tarjan describe it.
(func $splay (param $key i32)
  (local $at (ref $node)) (local $next (ref null $node))
  (local $head (ref $node)) (local $below (ref $node)) (local $above (ref $node))
  (local.set $at (ref.as_non_null (global.get $root)))
  (local.set $head
    (struct.new $node (i32.const 0) (struct.get $node $value (local.get $at)) (ref.null $node) (ref.null $node)))
  (local.set $below (local.get $head))
  (local.set $above (local.get $head))
  (block $found
    (loop $down
      (if (i32.lt_s (local.get $key) (struct.get $node $key (local.get $at)))
        (then
          (br_if $found (ref.is_null (local.tee $next (struct.get $node $left (local.get $at)))))
          (if (i32.lt_s (local.get $key) (struct.get $node $key (local.get $next)))
            (then
              (struct.set $node $left (local.get $at) (struct.get $node $right (local.get $next)))
              (struct.set $node $right (local.get $next) (local.get $at))
              (local.set $at (ref.as_non_null (local.get $next)))
              (br_if $found (ref.is_null (local.tee $next (struct.get $node $left (local.get $at)))))))
          (struct.set $node $left (local.get $above) (local.get $at))
          (local.set $above (local.get $at))
          (local.set $at (ref.as_non_null (local.get $next)))
          (br $down)))
      (if (i32.gt_s (local.get $key) (struct.get $node $key (local.get $at)))
        (then
          (br_if $found (ref.is_null (local.tee $next (struct.get $node $right (local.get $at)))))
          (if (i32.gt_s (local.get $key) (struct.get $node $key (local.get $next)))
            (then
              (struct.set $node $right (local.get $at) (struct.get $node $left (local.get $next)))
              (struct.set $node $left (local.get $next) (local.get $at))
              (local.set $at (ref.as_non_null (local.get $next)))
              (br_if $found (ref.is_null (local.tee $next (struct.get $node $right (local.get $at)))))))
          (struct.set $node $right (local.get $below) (local.get $at))
          (local.set $below (local.get $at))
          (local.set $at (ref.as_non_null (local.get $next)))
          (br $down)))))
  (struct.set $node $right (local.get $below) (struct.get $node $left (local.get $at)))
  (struct.set $node $left (local.get $above) (struct.get $node $right (local.get $at)))
  (struct.set $node $left (local.get $at) (struct.get $node $right (local.get $head)))
  (struct.set $node $right (local.get $at) (struct.get $node $left (local.get $head)))
  (global.set $root (local.get $at)))

;; Whether the key was new.
(func $insert (param $key i32) (result i32) (local $new (ref $node)) (local $root (ref $node))
  (if (ref.is_null (global.get $root))
    (then
      (global.set $root
        (struct.new $node (local.get $key) (call $payload (i32.const 5) (local.get $key)) (ref.null $node) (ref.null $node)))
      (return (i32.const 1))))
  (call $splay (local.get $key))
  (if (i32.eq (struct.get $node $key (global.get $root)) (local.get $key))
    (then (return (i32.const 0))))
  (local.set $new
    (struct.new $node (local.get $key) (call $payload (i32.const 5) (local.get $key)) (ref.null $node) (ref.null $node)))
  (local.set $root (ref.as_non_null (global.get $root)))
  (if (i32.gt_s (local.get $key) (struct.get $node $key (local.get $root)))
    (then
      (struct.set $node $left (local.get $new) (local.get $root))
      (struct.set $node $right (local.get $new) (struct.get $node $right (local.get $root)))
      (struct.set $node $right (local.get $root) (ref.null $node)))
    (else
      (struct.set $node $right (local.get $new) (local.get $root))
      (struct.set $node $left (local.get $new) (struct.get $node $left (local.get $root)))
      (struct.set $node $left (local.get $root) (ref.null $node))))
  (global.set $root (local.get $new))
  (i32.const 1))

;; Removes the root, which has something on its left.
(func $remove_root (local $right (ref null $node)) (local $key i32)
  (local.set $right (struct.get $node $right (global.get $root)))
  (local.set $key (struct.get $node $key (global.get $root)))
  (global.set $root (struct.get $node $left (global.get $root)))
  (call $splay (local.get $key))
  (struct.set $node $right (global.get $root) (local.get $right)))

(func $insert_new (result i32) (local $key i32)
  (loop $again
    (br_if $again (i32.eqz (call $insert (local.tee $key (i32.shr_u (call $random) (i32.const 1)))))))
  (local.get $key))

;; Nodes whose keys ascend.
(func $ordered (param $at (ref null $node)) (param $low i32) (param $high i32) (result i32) (local $key i32)
  (if (ref.is_null (local.get $at)) (then (return (i32.const 0))))
  (local.set $key (struct.get $node $key (local.get $at)))
  (if (i32.or
        (i32.lt_s (local.get $key) (local.get $low))
        (i32.or
          (i32.gt_s (local.get $key) (local.get $high))
          (i32.ne (call $look (struct.get $node $value (local.get $at))) (local.get $key))))
    (then (unreachable)))
  (i32.add (i32.const 1)
    (i32.add
      (call $ordered (struct.get $node $left (local.get $at)) (local.get $low) (local.get $key))
      (call $ordered (struct.get $node $right (local.get $at)) (local.get $key) (local.get $high)))))

;; Replaces 500 of 8,000 nodes; every new node drives the next smaller one out.
(func $round (result i64) (local $left i32) (local $sum i64) (local $key i32)
  (if (ref.is_null (global.get $root))
    (then
      (local.set $left (i32.const 8000))
      (loop $fill
        (drop (call $insert_new))
        (br_if $fill (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
  (local.set $left (i32.const 500))
  (loop $replace
    (local.set $key (call $insert_new))
    (call $splay (i32.sub (local.get $key) (i32.const 1)))
    (local.set $sum
      (call $mix (local.get $sum)
        (i64.extend_i32_u (call $look (struct.get $node $value (global.get $root))))))
    (if (ref.is_null (struct.get $node $left (global.get $root)))
      (then (call $splay (i32.const 0x7fffffff))))
    (call $remove_root)
    (br_if $replace (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (call $mix (local.get $sum)
    (i64.extend_i32_u (call $ordered (global.get $root) (i32.const 0) (i32.const 0x7fffffff)))))
