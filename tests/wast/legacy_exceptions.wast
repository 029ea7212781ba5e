;; The earlier form of exceptions: try, catch, catch_all, delegate, rethrow. (Needs the feature legacy-exceptions.)

(module $thrower
  (tag $far (export "far") (param i32))
  (func (export "throw") (param i32) (throw $far (local.get 0))))
(register "thrower" $thrower)

(module
  (import "thrower" "far" (tag $far (param i32)))
  (import "thrower" "throw" (func $throw-far (param i32)))
  (tag $a (param i32))
  (tag $b)
  (tag $c (param i64 i32))
  (memory 1)
  (data (i32.const 0) "\07")

  (func $throw (param i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 10))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b)))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $c (i64.const 30) (i32.const 3))))
    (if (i32.eq (local.get 0) (i32.const 4)) (then (call $throw-far (i32.const 40)))))

  (func (export "empty") (result i32)
    try (result i32) (i32.const 1) catch $a end)
  (func (export "no-clause") (param i32) (result i32)
    try (call $throw (local.get 0)) end
    (i32.const 1))
  (func (export "clauses") (param i32) (result i32)
    try (result i32) (call $throw (local.get 0)) (i32.const 0)
      catch $a (i32.add (i32.const 1))
      catch $b (i32.const 20)
      catch $c (drop) (i32.wrap_i64) (i32.add (i32.const 3))
      catch $far (i32.add (i32.load8_u (i32.const 0))) end)
  (func (export "all") (param i32) (result i32)
    try (result i32) (call $throw (local.get 0)) (i32.const 0)
      catch $b (i32.const 20)
      catch_all (i32.load8_u (i32.const 0)) end)
  (func (export "all-alone") (param i32) (result i32)
    try (result i32) (call $throw (local.get 0)) (i32.const 0) catch_all (i32.const 1) end)

  ;; A clause does not catch what is thrown in a clause.
  (func (export "in-clause") (param i32) (result i32)
    try (result i32)
        try (result i32) (throw $a (i32.const 1))
          catch $a (call $throw (local.get 0))
          catch_all (i32.const 99) end
      catch_all (i32.const 5) end)

  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
        try (result i32) (call $throw (local.get 0)) (i32.const 0)
          catch $a (drop) (rethrow 0)
          catch_all
            try (throw $b) catch $b end
            (rethrow 0) end
      catch $a (i32.add (i32.const 100))
      catch $b (i32.const 200)
      catch $c (drop) (drop) (i32.const 300)
      catch_all (i32.const 400) end)
  ;; The exception of the outer of two clauses.
  (func (export "rethrow-outer") (result i32)
    try (result i32)
        try (result i32) (throw $a (i32.const 7))
          catch $a
            (drop)
            try (result i32) (throw $b) catch $b (rethrow 1) end end
      catch $b (i32.const 1)
      catch $a end)

  (func (export "delegate") (param i32) (result i32)
    try $outer (result i32)
        try (result i32)
            try (result i32) (call $throw (local.get 0)) (i32.const 0)
              delegate $outer
          catch_all (i32.const 99) end
      catch $a (i32.add (i32.const 1))
      catch $b (i32.const 2) end)
  ;; To the caller, past a try that would catch.
  (func $delegate-away (param i32) (result i32)
    try (result i32)
        try (result i32) (call $throw (local.get 0)) (i32.const 0) delegate 1
      catch_all (i32.const 99) end)
  (func (export "delegate-away") (param i32) (result i32)
    try (result i32) (call $delegate-away (local.get 0)) catch_all (i32.const 4) end)
  ;; To a block and to a loop: the next try around them.
  (func (export "delegate-block") (param i32) (result i32)
    try (result i32)
        (block $b (result i32)
          (loop $l (result i32)
            try (result i32)
                try (result i32) (call $throw (local.get 0)) (i32.const 0) delegate $b
              catch_all (i32.const 99) end))
      catch $a
      catch_all (i32.const 3) end)
  ;; To a try whose clause this is in: past it.
  (func (export "delegate-clause") (param i32) (result i32)
    try (result i32)
        try $t (result i32) (throw $b)
          catch $b
            try (result i32) (call $throw (local.get 0)) (i32.const 0) delegate $t
          catch_all (i32.const 99) end
      catch_all (i32.const 6) end)

  ;; Both forms together.
  (func (export "mixed") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        try (result i32) (call $throw (local.get 0)) (i32.const 0)
          catch $b (i32.const 2) end)))
  (func (export "branches") (param i32) (result i32)
    (local $n i32)
    (loop $l
      (block $out
        try
            (br_if $out (i32.gt_u (local.get $n) (i32.const 4)))
            (call $throw (local.get $n))
          catch $a (local.set 0 (i32.add (local.get 0)))
          catch $b (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l)
          catch_all (local.set 0 (i32.add (local.get 0) (i32.const 1000))) end
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $l)))
    (local.get 0))

  ;; Clauses that cannot be reached, in code that can and in code that cannot.
  (func (export "unreached") (result i32)
    try (result i32) (i32.const 1) catch $a (rethrow 0) catch_all (rethrow 0) end)
  (func (export "dead") (result i32)
    (return (i32.const 2))
    try (result i32) try (throw $b) delegate 0 (i32.const 0)
      catch $a
      catch_all (rethrow 0) end))

(assert_return (invoke "empty") (i32.const 1))
(assert_return (invoke "no-clause" (i32.const 0)) (i32.const 1))
(assert_exception (invoke "no-clause" (i32.const 1)))
(assert_return (invoke "clauses" (i32.const 0)) (i32.const 0))
(assert_return (invoke "clauses" (i32.const 1)) (i32.const 11))
(assert_return (invoke "clauses" (i32.const 2)) (i32.const 20))
(assert_return (invoke "clauses" (i32.const 3)) (i32.const 33))
(assert_return (invoke "clauses" (i32.const 4)) (i32.const 47))
(assert_return (invoke "all" (i32.const 0)) (i32.const 0))
(assert_return (invoke "all" (i32.const 1)) (i32.const 7))
(assert_return (invoke "all" (i32.const 2)) (i32.const 20))
(assert_return (invoke "all" (i32.const 4)) (i32.const 7))
(assert_return (invoke "all-alone" (i32.const 0)) (i32.const 0))
(assert_return (invoke "all-alone" (i32.const 3)) (i32.const 1))
(assert_return (invoke "in-clause" (i32.const 0)) (i32.const 1))
(assert_return (invoke "in-clause" (i32.const 1)) (i32.const 5))
(assert_return (invoke "rethrow" (i32.const 0)) (i32.const 0))
(assert_return (invoke "rethrow" (i32.const 1)) (i32.const 110))
(assert_return (invoke "rethrow" (i32.const 2)) (i32.const 200))
(assert_return (invoke "rethrow" (i32.const 3)) (i32.const 300))
(assert_return (invoke "rethrow" (i32.const 4)) (i32.const 400))
(assert_return (invoke "rethrow-outer") (i32.const 7))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate" (i32.const 1)) (i32.const 11))
(assert_return (invoke "delegate" (i32.const 2)) (i32.const 2))
(assert_exception (invoke "delegate" (i32.const 3)))
(assert_return (invoke "delegate-away" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-away" (i32.const 1)) (i32.const 4))
(assert_return (invoke "delegate-block" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-block" (i32.const 1)) (i32.const 10))
(assert_return (invoke "delegate-block" (i32.const 2)) (i32.const 3))
(assert_return (invoke "delegate-clause" (i32.const 0)) (i32.const 0))
(assert_return (invoke "delegate-clause" (i32.const 1)) (i32.const 6))
(assert_return (invoke "mixed" (i32.const 0)) (i32.const 0))
(assert_return (invoke "mixed" (i32.const 1)) (i32.const 10))
(assert_return (invoke "mixed" (i32.const 2)) (i32.const 2))
(assert_exception (invoke "mixed" (i32.const 3)))
(assert_return (invoke "branches" (i32.const 1)) (i32.const 2011))
(assert_return (invoke "unreached") (i32.const 1))
(assert_return (invoke "dead") (i32.const 2))

(assert_invalid
  (module (func try delegate 5))
  "unknown label")
(assert_invalid
  (module (func (block (rethrow 0))))
  "rethrow")

;; Loops in bodies and clauses. Where a tier takes over a running loop, the exception of a clause goes along.
(module
  (tag $t (param i32))
  (tag $u)

  ;; Not inlined, because of the branch table.
  (func $twice (param i32) (result i32)
    (block (br_table 0 0 (local.get 0)))
    (i32.mul (local.get 0) (i32.const 2)))
  (func $throws (param i32) (result i32)
    (block (br_table 0 0 (local.get 0)))
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $t (local.get 0))))
    (local.get 0))

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
    end))

(assert_return (invoke "rethrown" (i32.const 4)) (i32.const 24))
(assert_return (invoke "rethrown" (i32.const 5)) (i32.const 32))
(assert_return (invoke "rethrown-in-a-round" (i32.const 3)) (i32.const 24))
(assert_return (invoke "rethrown-elsewhere" (i32.const 3)) (i32.const 108))
(assert_return (invoke "delegated" (i32.const 2)) (i32.const 3000))
