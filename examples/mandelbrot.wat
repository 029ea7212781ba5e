;; Draws the Mandelbrot set with characters: floating point, nested loops and one write per line.
;;
;; Memory: one line of the picture at 0, scratch for the call to the host at 128, the shades at 144.

(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 144) " .:-=+*#%@")

  (global $columns i32 (i32.const 78))
  (global $rows i32 (i32.const 24))
  (global $rounds i32 (i32.const 90))

  ;; How many rounds the point stays near the origin, at most all.
  (func $escape (param $x f64) (param $y f64) (result i32)
    (local $a f64) (local $b f64) (local $next f64) (local $round i32)
    (loop $again
      (local.set $next
        (f64.add (f64.sub (f64.mul (local.get $a) (local.get $a)) (f64.mul (local.get $b) (local.get $b)))
          (local.get $x)))
      (local.set $b
        (f64.add (f64.mul (f64.mul (local.get $a) (local.get $b)) (f64.const 2)) (local.get $y)))
      (local.set $a (local.get $next))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $again
        (i32.and
          (i32.lt_u (local.get $round) (global.get $rounds))
          (f64.le
            (f64.add (f64.mul (local.get $a) (local.get $a)) (f64.mul (local.get $b) (local.get $b)))
            (f64.const 4)))))
    (local.get $round))

  ;; The character for a number of rounds: darker the longer, the last one for points that never left.
  (func $shade (param $round i32) (result i32)
    (i32.load8_u offset=144
      (select
        (i32.const 9)
        (i32.rem_u (local.get $round) (i32.const 9))
        (i32.eq (local.get $round) (global.get $rounds)))))

  (func $draw_line (param $row i32)
    (local $column i32) (local $y f64)
    (local.set $y
      (f64.sub
        (f64.mul (f64.convert_i32_u (local.get $row)) (f64.const 0.1))
        (f64.const 1.15)))
    (loop $next
      (i32.store8 (local.get $column)
        (call $shade
          (call $escape
            (f64.sub (f64.mul (f64.convert_i32_u (local.get $column)) (f64.const 0.04)) (f64.const 2.2))
            (local.get $y))))
      (br_if $next
        (i32.lt_u
          (local.tee $column (i32.add (local.get $column) (i32.const 1)))
          (global.get $columns))))
    (i32.store8 (local.get $column) (i32.const 10))
    (i32.store (i32.const 128) (i32.const 0))
    (i32.store (i32.const 132) (i32.add (local.get $column) (i32.const 1)))
    ;; A picture that nobody sees is no error.
    (drop (call $fd_write (i32.const 1) (i32.const 128) (i32.const 1) (i32.const 136))))

  (func (export "_start")
    (local $row i32)
    (loop $next
      (call $draw_line (local.get $row))
      (br_if $next
        (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 1))) (global.get $rows))))))
