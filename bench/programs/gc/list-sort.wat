;; Merge sort of linked lists as a functional language has it in its library: cells that never change, elements of any
;; type, a comparison that is a closure. Much dies young; calls by reference, casts, recursion.
(global $warm i32 (i32.const 6))
(global $rounds i32 (i32.const 12))

(type $cell (sub final (struct (field $head (ref eq)) (field $tail (ref null $cell)))))
(type $number (sub final (struct (field $value i64))))
(rec
  (type $compare (func (param (ref $closure) (ref eq) (ref eq)) (result i32)))
  (type $closure (sub (struct (field $code (ref $compare))))))

(elem declare func $numbers)
(global $by_number (ref $closure) (struct.new $closure (ref.func $numbers)))

;; Whether one number is at most the other.
(func $numbers (type $compare) (param $this (ref $closure)) (param $a (ref eq)) (param $b (ref eq)) (result i32)
  (i64.le_s
    (struct.get $number $value (ref.cast (ref $number) (local.get $a)))
    (struct.get $number $value (ref.cast (ref $number) (local.get $b)))))

;; The list $list, put before $onto the other way round.
(func $reversed (param $list (ref null $cell)) (param $onto (ref null $cell)) (result (ref null $cell))
  (block $done
    (loop $more
      (br_if $done (ref.is_null (local.get $list)))
      (local.set $onto (struct.new $cell (struct.get $cell $head (local.get $list)) (local.get $onto)))
      (local.set $list (struct.get $cell $tail (local.get $list)))
      (br $more)))
  (local.get $onto))

;; Two sorted lists as one, the other way round: the largest first if $up, else the smallest.
(func $merge (param $compare (ref $closure)) (param $up i32) (param $a (ref null $cell)) (param $b (ref null $cell))
    (result (ref null $cell))
  (local $onto (ref null $cell)) (local $x (ref eq)) (local $y (ref eq)) (local $first i32)
  (loop $more
    (if (ref.is_null (local.get $a)) (then (return (call $reversed (local.get $b) (local.get $onto)))))
    (if (ref.is_null (local.get $b)) (then (return (call $reversed (local.get $a) (local.get $onto)))))
    (local.set $x (struct.get $cell $head (local.get $a)))
    (local.set $y (struct.get $cell $head (local.get $b)))
    (local.set $first
      (call_ref $compare (local.get $compare) (local.get $x) (local.get $y)
        (struct.get $closure $code (local.get $compare))))
    (if (i32.eq (local.get $first) (local.get $up))
      (then
        (local.set $onto (struct.new $cell (local.get $x) (local.get $onto)))
        (local.set $a (struct.get $cell $tail (local.get $a))))
      (else
        (local.set $onto (struct.new $cell (local.get $y) (local.get $onto)))
        (local.set $b (struct.get $cell $tail (local.get $b)))))
    (br $more))
  (unreachable))

;; What is left of a list behind $count cells.
(func $behind (param $list (ref null $cell)) (param $count i32) (result (ref null $cell))
  (loop $more
    (local.set $list (struct.get $cell $tail (local.get $list)))
    (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (local.get $list))

;; The first $count cells of a list, sorted: ascending if $up.
(func $sort (param $compare (ref $closure)) (param $up i32) (param $list (ref null $cell)) (param $count i32)
    (result (ref null $cell)) (local $half i32)
  (if (i32.eq (local.get $count) (i32.const 1))
    (then (return (struct.new $cell (struct.get $cell $head (local.get $list)) (ref.null $cell)))))
  (local.set $half (i32.shr_u (local.get $count) (i32.const 1)))
  (call $merge (local.get $compare) (i32.eqz (local.get $up))
    (call $sort (local.get $compare) (i32.eqz (local.get $up)) (local.get $list) (local.get $half))
    (call $sort (local.get $compare) (i32.eqz (local.get $up))
      (call $behind (local.get $list) (local.get $half))
      (i32.sub (local.get $count) (local.get $half)))))

;; A list of random numbers.
(func $random_list (param $count i32) (result (ref null $cell)) (local $list (ref null $cell))
  (loop $more
    (local.set $list
      (struct.new $cell (struct.new $number (i64.extend_i32_u (call $random))) (local.get $list)))
    (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (local.get $list))

;; Checks that a list ascends, and adds it up.
(func $sum (param $list (ref null $cell)) (result i64) (local $sum i64) (local $last i64) (local $value i64)
  (block $done
    (loop $more
      (br_if $done (ref.is_null (local.get $list)))
      (local.set $value
        (struct.get $number $value (ref.cast (ref $number) (struct.get $cell $head (local.get $list)))))
      (if (i64.lt_s (local.get $value) (local.get $last)) (then (unreachable)))
      (local.set $last (local.get $value))
      (local.set $sum (call $mix (local.get $sum) (local.get $value)))
      (local.set $list (struct.get $cell $tail (local.get $list)))
      (br $more)))
  (local.get $sum))

;; 20 lists of 5,000 numbers.
(func $round (result i64) (local $left i32) (local $sum i64)
  (local.set $left (i32.const 20))
  (loop $more
    (local.set $sum
      (call $mix (local.get $sum)
        (call $sum
          (call $sort (global.get $by_number) (i32.const 1) (call $random_list (i32.const 5000)) (i32.const 5000)))))
    (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (local.get $sum))
