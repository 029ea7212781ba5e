;; Exceptions across ten frames: what a throw and its catch cost together. Nothing here can be inlined away, because the
;; frames between are a recursion.
(global $warm i32 (i32.const 5))
(global $rounds i32 (i32.const 20))

(tag $found (param i32))

;; Calls itself $depth times and throws from there.
(func $search (param $depth i32) (param $value i32) (result i32)
  (if (i32.eqz (local.get $depth)) (then (throw $found (local.get $value))))
  (i32.add
    (i32.const 1)
    (call $search (i32.sub (local.get $depth) (i32.const 1)) (local.get $value))))

;; 2,000 throws.
(func $round (result i64) (local $left i32) (local $sum i64)
  (local.set $left (i32.const 2000))
  (loop $more
    (local.set $sum
      (i64.add
        (local.get $sum)
        (i64.extend_i32_u
          (block $caught (result i32)
            (try_table (result i32) (catch $found $caught)
              (call $search (i32.const 10) (local.get $left)))))))
    (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (local.get $sum))
