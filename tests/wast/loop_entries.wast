;; Loops in every kind of place, with everything that a function may be in the middle of when one of them goes round:
;; where a tier takes over a running loop, all of it has to go along. (Needs the feature legacy-exceptions.)

(module
  (type $pair (struct (field i32) (field (mut (ref null $pair)))))
  (tag $t (param i32))
  (tag $u)
  (memory 1)
  (global $calls (mut i32) (i32.const 0))
  (table 2 2 funcref)
  (elem (i32.const 0) $twice $throws)

  ;; Not inlined, because of the branch table.
  (func $twice (param i32) (result i32)
    (block (br_table 0 0 (local.get 0)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.mul (local.get 0) (i32.const 2)))
  (func $throws (param i32) (result i32)
    (block (br_table 0 0 (local.get 0)))
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $t (local.get 0))))
    (local.get 0))

  ;; Operands below each of three loops; those of the inner ones are new in every round of the outer ones.
  (func (export "nested") (param i32) (result i64) (local i32 i32 i64)
    (i64.const 1000000)
    (i32.const 7)
    (local.set 1 (i32.const 3))
    (loop $outer
      (i64.extend_i32_u (local.get 1))
      (local.set 2 (i32.const 2))
      (loop $middle (param i64) (result i64)
        (f64.convert_i32_u (local.get 2))
        (f32.const 0.5)
        (local.set 0 (local.get 2))
        (loop $inner
          (br_if $inner (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (f64.promote_f32)
        (f64.add)
        (i64.trunc_f64_u)
        (i64.add)
        (br_if $middle (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
      (local.set 3)
      (i64.store (i32.mul (local.get 1) (i32.const 8)) (local.get 3))
      (br_if $outer (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (i64.extend_i32_u)
    (i64.add)
    (i64.add (i64.load (i32.const 8)))
    (i64.add (i64.mul (i64.load (i32.const 16)) (i64.const 10)))
    (i64.add (i64.mul (i64.load (i32.const 24)) (i64.const 100))))

  ;; The way around a loop, with an operand from this round or from before the last one.
  (func (export "around") (param i32) (result i32) (local i32 i32)
    (i32.const 0)
    (loop $outer (param i32) (result i32)
      (i32.mul (local.get 0) (i32.const 10))
      (block $skip
        (br_if $skip (i32.and (local.get 0) (i32.const 1)))
        (local.set 1 (i32.const 3))
        (loop $inner
          (local.set 2 (i32.add (local.get 2) (i32.const 1)))
          (br_if $inner (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
      (i32.add)
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.add (i32.mul (local.get 2) (i32.const 1000))))

  ;; A loop in one arm, and the other arm in the next round, with parameters and operands of both.
  (func (export "arms") (param i32) (result i32) (local i32)
    (i32.const 1)
    (loop $outer (param i32) (result i32)
      (i32.const 100)
      (local.get 0)
      (if (param i32) (result i32) (i32.and (local.get 0) (i32.const 1))
        (then
          (local.set 1 (i32.const 4))
          (loop $in (param i32) (result i32)
            (i32.add (i32.const 1))
            (br_if $in (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
        (else
          (i32.mul (i32.const 3))
          (local.set 1 (i32.const 2))
          (loop $in (param i32) (result i32)
            (i32.add (i32.const 5))
            (br_if $in (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))))
      (i32.add)
      (i32.add)
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))

  ;; Vectors and many results.
  (func $many (export "many") (param i32) (result i32 i64 f32 f64 i32 i64 i32 i32)
    (local v128)
    (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4)
    (v128.const i32x4 1 2 3 4)
    (loop $again (param v128) (result v128)
      (i32x4.add (v128.const i32x4 1 1 1 1))
      (i32x4.splat (local.get 0))
      (local.set 1)
      (i32x4.add (local.get 1))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.set 1)
    (i32x4.extract_lane 0 (local.get 1))
    (i64x2.extract_lane 1 (local.get 1))
    (i32x4.extract_lane 1 (local.get 1))
    (local.get 0))
  (func (export "many-by-tail-call") (param i32) (result i32 i64 f32 f64 i32 i64 i32 i32)
    (local i32)
    (local.set 1 (i32.const 3))
    (loop $again
      (drop (call $twice (local.get 1)))
      (if (i32.eqz (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))
        (then (return_call $many (local.get 0))))
      (br $again))
    (unreachable))

  ;; Tables of branches out of loops and back.
  (func (export "tables") (param i32) (result i32)
    (block $out (result i32)
      (i32.const 5)
      (loop $again (param i32) (result i32)
        (i32.add (i32.const 1))
        (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_table $out $again $again $again $again $again $out))))

  ;; Structures below a loop, in locals and on the way round, while much is allocated.
  (func (export "structures") (param i32) (result i32) (local $list (ref null $pair)) (local $n i32)
    (local.set $n (local.get 0))
    (struct.new $pair (i32.const 1000) (ref.null $pair))
    (ref.i31 (i32.const 77))
    (local.get 0)
    (struct.new $pair (i32.const 1) (ref.null $pair))
    (loop $again (param (ref null $pair)) (result (ref null $pair))
      (local.set $list)
      (struct.new $pair (local.get 0) (local.get $list))
      (local.tee $list)
      (drop (call $twice (struct.get $pair 0)))
      (local.get $list)
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (struct.get $pair 0)
    (i32.add)
    (local.set 0)
    (i31.get_u (ref.cast (ref i31)))
    (local.set $n)
    (struct.get $pair 0)
    (i32.add (local.get $n))
    (i32.add (local.get 0))
    (loop $count (param i32) (result i32)
      (i32.add (struct.get $pair 0 (local.get $list)))
      (local.tee $list (struct.get $pair 1 (local.get $list)))
      (br_if $count (i32.eqz (ref.is_null)))))

  ;; References to functions.
  (func (export "functions") (param i32) (result i32) (local i32)
    (table.get (i32.const 0))
    (local.set 1 (i32.const 1))
    (loop $again
      (local.set 1 (call_indirect (param i32) (result i32) (local.get 1) (i32.const 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.add (ref.is_null) (local.get 1)))

  ;; What is thrown in a loop is caught around it, and what is below is as it was.
  (func (export "caught") (param i32) (result i32) (local i32)
    (i32.const 100)
    (loop $outer (param i32) (result i32)
      (local.get 0)
      (block $caught (result i32)
        (try_table (catch $t $caught)
          (local.set 1 (i32.const 2))
          (loop $inner
            (drop (call $throws (i32.mul (local.get 0) (local.get 1))))
            (br_if $inner (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
        (i32.const 1000))
      (i32.add)
      (i32.add)
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))

  ;; The earlier form. In a clause the exception goes along, too.
  (func (export "rethrown") (param i32) (result i32) (local i32)
    (i32.const 20)
    (i32.const 10)
    try (param i32) (result i32)
      (drop)
      (call $throws (local.get 0))
    catch $t
      try (param i32) (result i32)
        (local.set 1 (i32.const 3))
        (loop $again (param i32) (result i32)
          (i32.add (i32.const 1))
          (drop (call $twice (local.get 1)))
          (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (drop)
        (rethrow 1)
      catch $t
        (i32.add (i32.const 7))
      end
    end
    (i32.add))
  (func (export "rethrown-in-a-round") (param i32) (result i32) (local i32 i32)
    try (result i32)
      try (result i32)
        (call $throws (i32.const 9))
      catch $t
        (local.set 2)
        (i32.const 500)
        (loop $outer
          (if (i32.eqz (local.get 0)) (then (rethrow 2)))
          (local.set 1 (i32.const 2))
          (loop $inner
            (local.set 2 (i32.add (local.get 2) (i32.const 1)))
            (br_if $inner (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br $outer))
      end
    catch $t
      (i32.add (local.get 2))
    end)
  ;; The loop lies in one clause, the exception is thrown again in another one.
  (func (export "rethrown-elsewhere") (param i32) (result i32) (local i32)
    (loop $outer
      try
        try
          (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $u)))
          (drop (call $throws (i32.or (local.get 0) (i32.const 1))))
        catch $t
          (drop)
          (loop $inner
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $inner (i32.and (local.get 1) (i32.const 3))))
        catch_all
          (rethrow 0)
        end
      catch $u
        (local.set 1 (i32.add (local.get 1) (i32.const 100)))
      end
      (br_if $outer (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "delegated") (param i32) (result i32) (local i32)
    (i32.const 3)
    try (param i32) (result i32)
      try (param i32) (result i32)
        (local.set 1 (i32.const 2))
        (loop $again (param i32) (result i32)
          (i32.add (call $throws (i32.add (local.get 0) (local.get 1))))
          (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
      delegate 0
    catch $t
      (i32.mul (i32.const 1000))
    end)

  ;; How often something was called, so that no round is made twice.
  (func (export "rounds") (param i32) (result i32)
    (global.set $calls (i32.const 0))
    (loop $again
      (drop (call $twice (i32.const 1)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (global.get $calls)))

(assert_return (invoke "nested" (i32.const 0)) (i64.const 1000661))
(assert_return (invoke "nested" (i32.const 0)) (i64.const 1000661))
(assert_return (invoke "around" (i32.const 5)) (i32.const 6150))
(assert_return (invoke "around" (i32.const 1)) (i32.const 10))
(assert_return (invoke "arms" (i32.const 4)) (i32.const 451))
(assert_return (invoke "many" (i32.const 3))
  (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 10) (i64.const 55834574860)
  (i32.const 11) (i32.const 0))
(assert_return (invoke "many-by-tail-call" (i32.const 3))
  (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 10) (i64.const 55834574860)
  (i32.const 11) (i32.const 0))
(assert_return (invoke "tables" (i32.const 4)) (i32.const 9))
(assert_return (invoke "tables" (i32.const 40)) (i32.const 6))
(assert_return (invoke "structures" (i32.const 50)) (i32.const 2404))
(assert_return (invoke "functions" (i32.const 10)) (i32.const 1024))
(assert_return (invoke "caught" (i32.const 3)) (i32.const 1110))
(assert_return (invoke "rethrown" (i32.const 4)) (i32.const 24))
(assert_return (invoke "rethrown" (i32.const 5)) (i32.const 32))
(assert_return (invoke "rethrown-in-a-round" (i32.const 3)) (i32.const 24))
(assert_return (invoke "rethrown-elsewhere" (i32.const 3)) (i32.const 108))
(assert_return (invoke "delegated" (i32.const 2)) (i32.const 3000))
(assert_return (invoke "rounds" (i32.const 25)) (i32.const 25))
