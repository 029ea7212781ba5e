;; Martin Richards' simulation of an operating system's kernel, as a compiler of an object language writes it: classes
;; with tables of methods, calls through them, and a cast of the receiver in each method. The numbers of queued
;; packets and of holds are known, so that the program checks itself.
(global $warm i32 (i32.const 10))
(global $rounds i32 (i32.const 20))

(type $words (array (mut i32)))
(type $packet (sub final (struct
  (field $link (mut (ref null $packet)))
  (field $id (mut i32))
  (field $kind i32)
  (field $datum (mut i32))
  (field $data (ref $words)))))

(rec
  ;; What a task does with a packet, and which block is next.
  (type $run (func (param (ref $task)) (param (ref null $packet)) (result (ref null $block))))
  (type $methods (sub final (struct (field $run (ref $run)))))
  (type $task (sub (struct (field $methods (ref $methods)) (field $kernel (ref $kernel)))))
  (type $block (sub final (struct
    (field $link (ref null $block))
    (field $id i32)
    (field $priority i32)
    (field $queue (mut (ref null $packet)))
    (field $state (mut i32))
    (field $task (ref $task)))))
  (type $blocks (array (mut (ref null $block))))
  (type $kernel (sub final (struct
    (field $queued (mut i32))
    (field $held (mut i32))
    (field $blocks (ref $blocks))
    (field $list (mut (ref null $block)))
    (field $current (mut (ref null $block)))
    (field $current_id (mut i32))))))

(type $idle (sub final $task (struct
  (field $methods (ref $methods)) (field $kernel (ref $kernel))
  (field $seed (mut i32)) (field $count (mut i32)))))
(type $worker (sub final $task (struct
  (field $methods (ref $methods)) (field $kernel (ref $kernel))
  (field $to (mut i32)) (field $letter (mut i32)))))
(type $handler (sub final $task (struct
  (field $methods (ref $methods)) (field $kernel (ref $kernel))
  (field $work (mut (ref null $packet))) (field $free (mut (ref null $packet))))))
(type $device (sub final $task (struct
  (field $methods (ref $methods)) (field $kernel (ref $kernel))
  (field $pending (mut (ref null $packet))))))

(elem declare func $run_idle $run_worker $run_handler $run_device)
(global $idle_methods (ref $methods) (struct.new $methods (ref.func $run_idle)))
(global $worker_methods (ref $methods) (struct.new $methods (ref.func $run_worker)))
(global $handler_methods (ref $methods) (struct.new $methods (ref.func $run_handler)))
(global $device_methods (ref $methods) (struct.new $methods (ref.func $run_device)))

;; Blocks: 0 idle, 1 worker, 2 and 3 handlers, 4 and 5 devices. Kinds of packets: 0 device, 1 work.
;; States: 1 runnable, 2 suspended, 4 held; 0 runs.

(func $packet (param $link (ref null $packet)) (param $id i32) (param $kind i32) (result (ref $packet))
  (struct.new $packet (local.get $link) (local.get $id) (local.get $kind) (i32.const 0)
    (array.new_default $words (i32.const 4))))

;; The queue with a packet at its end.
(func $append (param $queue (ref null $packet)) (param $packet (ref $packet)) (result (ref $packet))
  (local $at (ref $packet)) (local $next (ref null $packet))
  (struct.set $packet $link (local.get $packet) (ref.null $packet))
  (if (ref.is_null (local.get $queue)) (then (return (local.get $packet))))
  (local.set $at (ref.as_non_null (local.get $queue)))
  (block $end
    (loop $more
      (br_if $end (ref.is_null (local.tee $next (struct.get $packet $link (local.get $at)))))
      (local.set $at (ref.as_non_null (local.get $next)))
      (br $more)))
  (struct.set $packet $link (local.get $at) (local.get $packet))
  (ref.as_non_null (local.get $queue)))

;; ---- blocks

(func $is_waiting (param $block (ref $block)) (result i32) (local $state i32)
  (local.set $state (struct.get $block $state (local.get $block)))
  (i32.or
    (i32.ne (i32.and (local.get $state) (i32.const 4)) (i32.const 0))
    (i32.eq (local.get $state) (i32.const 2))))

(func $run_block (param $block (ref $block)) (result (ref null $block))
  (local $packet (ref null $packet)) (local $task (ref $task))
  (if (i32.eq (struct.get $block $state (local.get $block)) (i32.const 3))
    (then
      (local.set $packet (struct.get $block $queue (local.get $block)))
      (struct.set $block $queue (local.get $block) (struct.get $packet $link (local.get $packet)))
      (struct.set $block $state (local.get $block)
        (i32.eqz (ref.is_null (struct.get $block $queue (local.get $block)))))))
  (local.set $task (struct.get $block $task (local.get $block)))
  (call_ref $run (local.get $task) (local.get $packet)
    (struct.get $methods $run (struct.get $task $methods (local.get $task)))))

;; Takes a packet in and says who goes on: this block if it is more urgent than $other.
(func $take (param $block (ref $block)) (param $other (ref $block)) (param $packet (ref $packet)) (result (ref $block))
  (if (ref.is_null (struct.get $block $queue (local.get $block)))
    (then
      (struct.set $block $queue (local.get $block) (local.get $packet))
      (struct.set $block $state (local.get $block)
        (i32.or (struct.get $block $state (local.get $block)) (i32.const 1)))
      (if (i32.gt_s (struct.get $block $priority (local.get $block)) (struct.get $block $priority (local.get $other)))
        (then (return (local.get $block)))))
    (else
      (struct.set $block $queue (local.get $block)
        (call $append (struct.get $block $queue (local.get $block)) (local.get $packet)))))
  (local.get $other))

;; ---- the kernel

(func $add (param $kernel (ref $kernel)) (param $id i32) (param $priority i32) (param $queue (ref null $packet))
    (param $state i32) (param $task (ref $task)) (local $block (ref $block))
  (local.set $block
    (struct.new $block (struct.get $kernel $list (local.get $kernel)) (local.get $id) (local.get $priority)
      (local.get $queue) (local.get $state) (local.get $task)))
  (struct.set $kernel $list (local.get $kernel) (local.get $block))
  (array.set $blocks (struct.get $kernel $blocks (local.get $kernel)) (local.get $id) (local.get $block)))

(func $schedule (param $kernel (ref $kernel)) (local $block (ref $block))
  (struct.set $kernel $current (local.get $kernel) (struct.get $kernel $list (local.get $kernel)))
  (block $done
    (loop $more
      (local.set $block (br_on_null $done (struct.get $kernel $current (local.get $kernel))))
      (if (call $is_waiting (local.get $block))
        (then
          (struct.set $kernel $current (local.get $kernel) (struct.get $block $link (local.get $block))))
        (else
          (struct.set $kernel $current_id (local.get $kernel) (struct.get $block $id (local.get $block)))
          (struct.set $kernel $current (local.get $kernel) (call $run_block (local.get $block)))))
      (br $more))
    (unreachable)))

(func $release (param $kernel (ref $kernel)) (param $id i32) (result (ref null $block)) (local $block (ref null $block))
  (local.set $block (array.get $blocks (struct.get $kernel $blocks (local.get $kernel)) (local.get $id)))
  (if (ref.is_null (local.get $block)) (then (return (local.get $block))))
  (struct.set $block $state (local.get $block)
    (i32.and (struct.get $block $state (local.get $block)) (i32.const -5)))
  (if (i32.gt_s (struct.get $block $priority (local.get $block))
        (struct.get $block $priority (struct.get $kernel $current (local.get $kernel))))
    (then (return (local.get $block))))
  (struct.get $kernel $current (local.get $kernel)))

(func $hold (param $kernel (ref $kernel)) (result (ref null $block)) (local $block (ref null $block))
  (struct.set $kernel $held (local.get $kernel)
    (i32.add (struct.get $kernel $held (local.get $kernel)) (i32.const 1)))
  (local.set $block (struct.get $kernel $current (local.get $kernel)))
  (struct.set $block $state (local.get $block)
    (i32.or (struct.get $block $state (local.get $block)) (i32.const 4)))
  (struct.get $block $link (local.get $block)))

(func $suspend (param $kernel (ref $kernel)) (result (ref null $block)) (local $block (ref null $block))
  (local.set $block (struct.get $kernel $current (local.get $kernel)))
  (struct.set $block $state (local.get $block)
    (i32.or (struct.get $block $state (local.get $block)) (i32.const 2)))
  (local.get $block))

(func $queue (param $kernel (ref $kernel)) (param $packet (ref null $packet)) (result (ref null $block))
  (local $block (ref null $block))
  (local.set $block
    (array.get $blocks (struct.get $kernel $blocks (local.get $kernel)) (struct.get $packet $id (local.get $packet))))
  (if (ref.is_null (local.get $block)) (then (return (local.get $block))))
  (struct.set $kernel $queued (local.get $kernel)
    (i32.add (struct.get $kernel $queued (local.get $kernel)) (i32.const 1)))
  (struct.set $packet $link (local.get $packet) (ref.null $packet))
  (struct.set $packet $id (local.get $packet) (struct.get $kernel $current_id (local.get $kernel)))
  (call $take (ref.as_non_null (local.get $block))
    (ref.as_non_null (struct.get $kernel $current (local.get $kernel)))
    (ref.as_non_null (local.get $packet))))

;; ---- the tasks

(func $run_idle (type $run) (param $task (ref $task)) (param $packet (ref null $packet)) (result (ref null $block))
  (local $this (ref $idle)) (local $kernel (ref $kernel)) (local $seed i32)
  (local.set $this (ref.cast (ref $idle) (local.get $task)))
  (local.set $kernel (struct.get $task $kernel (local.get $task)))
  (struct.set $idle $count (local.get $this)
    (i32.sub (struct.get $idle $count (local.get $this)) (i32.const 1)))
  (if (i32.eqz (struct.get $idle $count (local.get $this)))
    (then (return (call $hold (local.get $kernel)))))
  (local.set $seed (struct.get $idle $seed (local.get $this)))
  (if (i32.and (local.get $seed) (i32.const 1))
    (then
      (struct.set $idle $seed (local.get $this)
        (i32.xor (i32.shr_u (local.get $seed) (i32.const 1)) (i32.const 0xd008)))
      (return (call $release (local.get $kernel) (i32.const 5)))))
  (struct.set $idle $seed (local.get $this) (i32.shr_u (local.get $seed) (i32.const 1)))
  (call $release (local.get $kernel) (i32.const 4)))

(func $run_worker (type $run) (param $task (ref $task)) (param $packet (ref null $packet)) (result (ref null $block))
  (local $this (ref $worker)) (local $kernel (ref $kernel)) (local $index i32) (local $letter i32)
  (local.set $this (ref.cast (ref $worker) (local.get $task)))
  (local.set $kernel (struct.get $task $kernel (local.get $task)))
  (if (ref.is_null (local.get $packet)) (then (return (call $suspend (local.get $kernel)))))
  (struct.set $worker $to (local.get $this)
    (i32.sub (i32.const 5) (struct.get $worker $to (local.get $this))))
  (struct.set $packet $id (local.get $packet) (struct.get $worker $to (local.get $this)))
  (struct.set $packet $datum (local.get $packet) (i32.const 0))
  (loop $letters
    (local.set $letter (i32.add (struct.get $worker $letter (local.get $this)) (i32.const 1)))
    (if (i32.gt_s (local.get $letter) (i32.const 26)) (then (local.set $letter (i32.const 1))))
    (struct.set $worker $letter (local.get $this) (local.get $letter))
    (array.set $words (struct.get $packet $data (local.get $packet)) (local.get $index) (local.get $letter))
    (br_if $letters
      (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 1))) (i32.const 4))))
  (call $queue (local.get $kernel) (local.get $packet)))

(func $run_handler (type $run) (param $task (ref $task)) (param $packet (ref null $packet)) (result (ref null $block))
  (local $this (ref $handler)) (local $kernel (ref $kernel))
  (local $work (ref null $packet)) (local $free (ref null $packet)) (local $count i32)
  (local.set $this (ref.cast (ref $handler) (local.get $task)))
  (local.set $kernel (struct.get $task $kernel (local.get $task)))
  (if (i32.eqz (ref.is_null (local.get $packet)))
    (then
      (if (struct.get $packet $kind (local.get $packet))
        (then
          (struct.set $handler $work (local.get $this)
            (call $append (struct.get $handler $work (local.get $this)) (ref.as_non_null (local.get $packet)))))
        (else
          (struct.set $handler $free (local.get $this)
            (call $append (struct.get $handler $free (local.get $this)) (ref.as_non_null (local.get $packet))))))))
  (local.set $work (struct.get $handler $work (local.get $this)))
  (if (ref.is_null (local.get $work)) (then (return (call $suspend (local.get $kernel)))))
  (local.set $count (struct.get $packet $datum (local.get $work)))
  (if (i32.ge_s (local.get $count) (i32.const 4))
    (then
      (struct.set $handler $work (local.get $this) (struct.get $packet $link (local.get $work)))
      (return (call $queue (local.get $kernel) (local.get $work)))))
  (local.set $free (struct.get $handler $free (local.get $this)))
  (if (ref.is_null (local.get $free)) (then (return (call $suspend (local.get $kernel)))))
  (struct.set $handler $free (local.get $this) (struct.get $packet $link (local.get $free)))
  (struct.set $packet $datum (local.get $free)
    (array.get $words (struct.get $packet $data (local.get $work)) (local.get $count)))
  (struct.set $packet $datum (local.get $work) (i32.add (local.get $count) (i32.const 1)))
  (call $queue (local.get $kernel) (local.get $free)))

(func $run_device (type $run) (param $task (ref $task)) (param $packet (ref null $packet)) (result (ref null $block))
  (local $this (ref $device)) (local $kernel (ref $kernel)) (local $pending (ref null $packet))
  (local.set $this (ref.cast (ref $device) (local.get $task)))
  (local.set $kernel (struct.get $task $kernel (local.get $task)))
  (if (ref.is_null (local.get $packet))
    (then
      (local.set $pending (struct.get $device $pending (local.get $this)))
      (if (ref.is_null (local.get $pending)) (then (return (call $suspend (local.get $kernel)))))
      (struct.set $device $pending (local.get $this) (ref.null $packet))
      (return (call $queue (local.get $kernel) (local.get $pending)))))
  (struct.set $device $pending (local.get $this) (local.get $packet))
  (call $hold (local.get $kernel)))

;; ---- one simulation

(func $three (param $id i32) (result (ref $packet))
  (call $packet
    (call $packet (call $packet (ref.null $packet) (local.get $id) (i32.const 0)) (local.get $id) (i32.const 0))
    (local.get $id) (i32.const 0)))

(func $simulate (local $kernel (ref $kernel))
  (local.set $kernel
    (struct.new $kernel (i32.const 0) (i32.const 0) (array.new_default $blocks (i32.const 6))
      (ref.null $block) (ref.null $block) (i32.const 0)))
  (call $add (local.get $kernel) (i32.const 0) (i32.const 0) (ref.null $packet) (i32.const 0)
    (struct.new $idle (global.get $idle_methods) (local.get $kernel) (i32.const 1) (i32.const 10000)))
  (call $add (local.get $kernel) (i32.const 1) (i32.const 1000)
    (call $packet (call $packet (ref.null $packet) (i32.const 1) (i32.const 1)) (i32.const 1) (i32.const 1))
    (i32.const 3)
    (struct.new $worker (global.get $worker_methods) (local.get $kernel) (i32.const 2) (i32.const 0)))
  (call $add (local.get $kernel) (i32.const 2) (i32.const 2000) (call $three (i32.const 4)) (i32.const 3)
    (struct.new $handler (global.get $handler_methods) (local.get $kernel) (ref.null $packet) (ref.null $packet)))
  (call $add (local.get $kernel) (i32.const 3) (i32.const 3000) (call $three (i32.const 5)) (i32.const 3)
    (struct.new $handler (global.get $handler_methods) (local.get $kernel) (ref.null $packet) (ref.null $packet)))
  (call $add (local.get $kernel) (i32.const 4) (i32.const 4000) (ref.null $packet) (i32.const 2)
    (struct.new $device (global.get $device_methods) (local.get $kernel) (ref.null $packet)))
  (call $add (local.get $kernel) (i32.const 5) (i32.const 5000) (ref.null $packet) (i32.const 2)
    (struct.new $device (global.get $device_methods) (local.get $kernel) (ref.null $packet)))
  (call $schedule (local.get $kernel))
  (if (i32.or
        (i32.ne (struct.get $kernel $queued (local.get $kernel)) (i32.const 23246))
        (i32.ne (struct.get $kernel $held (local.get $kernel)) (i32.const 9297)))
    (then (unreachable))))

(func $round (result i64) (local $left i32)
  (local.set $left (i32.const 20))
  (loop $more
    (call $simulate)
    (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (i64.const 23246))
