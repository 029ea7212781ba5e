;; Merge sort of a linked list in place, as an imperative language has it: no allocation while it sorts, only reading
;; and writing references. What it costs is the processor's: branches that nobody can predict.
(global $warm i32 (i32.const 10))
(global $rounds i32 (i32.const 20))

(type $node (sub final (struct (field $next (mut (ref null $node))) (field $key i32))))

;; Two sorted lists as one.
(func $merge (param $a (ref $node)) (param $b (ref $node)) (result (ref $node))
  (local $head (ref $node)) (local $last (ref $node)) (local $next (ref null $node))
  (local.set $head (struct.new $node (ref.null $node) (i32.const 0)))
  (local.set $last (local.get $head))
  (loop $more
    (if (i32.le_s (struct.get $node $key (local.get $a)) (struct.get $node $key (local.get $b)))
      (then
        (struct.set $node $next (local.get $last) (local.get $a))
        (local.set $last (local.get $a))
        (local.set $next (struct.get $node $next (local.get $a)))
        (if (ref.is_null (local.get $next))
          (then
            (struct.set $node $next (local.get $last) (local.get $b))
            (return (ref.as_non_null (struct.get $node $next (local.get $head))))))
        (local.set $a (ref.as_non_null (local.get $next))))
      (else
        (struct.set $node $next (local.get $last) (local.get $b))
        (local.set $last (local.get $b))
        (local.set $next (struct.get $node $next (local.get $b)))
        (if (ref.is_null (local.get $next))
          (then
            (struct.set $node $next (local.get $last) (local.get $a))
            (return (ref.as_non_null (struct.get $node $next (local.get $head))))))
        (local.set $b (ref.as_non_null (local.get $next)))))
    (br $more))
  (unreachable))

;; Sorts $count nodes from $list on; what is behind them is cut off.
(func $sort (param $list (ref $node)) (param $count i32) (result (ref $node))
  (local $half i32) (local $left i32) (local $at (ref $node)) (local $rest (ref $node))
  (if (i32.le_u (local.get $count) (i32.const 1))
    (then
      (struct.set $node $next (local.get $list) (ref.null $node))
      (return (local.get $list))))
  (local.set $half (i32.shr_u (local.get $count) (i32.const 1)))
  (local.set $left (local.get $half))
  (local.set $rest (local.get $list))
  (loop $more
    (local.set $rest (ref.as_non_null (struct.get $node $next (local.get $rest))))
    (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (call $merge
    (call $sort (local.get $list) (local.get $half))
    (call $sort (local.get $rest) (i32.sub (local.get $count) (local.get $half)))))

(func $random_list (param $count i32) (result (ref $node)) (local $list (ref null $node))
  (loop $more
    (local.set $list (struct.new $node (local.get $list) (i32.shr_u (call $random) (i32.const 1))))
    (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (ref.as_non_null (local.get $list)))

;; Checks that a list ascends, and adds it up.
(func $sum (param $list (ref null $node)) (result i64) (local $sum i64) (local $last i32) (local $key i32)
  (block $done
    (loop $more
      (br_if $done (ref.is_null (local.get $list)))
      (local.set $key (struct.get $node $key (local.get $list)))
      (if (i32.lt_s (local.get $key) (local.get $last)) (then (unreachable)))
      (local.set $last (local.get $key))
      (local.set $sum (call $mix (local.get $sum) (i64.extend_i32_u (local.get $key))))
      (local.set $list (struct.get $node $next (local.get $list)))
      (br $more)))
  (local.get $sum))

;; 20 lists of 5,000 keys.
(func $round (result i64) (local $left i32) (local $sum i64)
  (local.set $left (i32.const 20))
  (loop $more
    (local.set $sum
      (call $mix (local.get $sum)
        (call $sum (call $sort (call $random_list (i32.const 5000)) (i32.const 5000)))))
    (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (local.get $sum))
