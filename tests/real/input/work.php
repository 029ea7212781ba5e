<?php
// Work for PHP: arrays, closures, classes, JSON, regular expressions, sorting, hashing.
interface Shape { public function area(): float; }
final class Disc implements Shape {
    public function __construct(private float $r) {}
    public function area(): float { return M_PI * $this->r ** 2; }
}
final class Box implements Shape {
    public function __construct(private float $a, private float $b) {}
    public function area(): float { return $this->a * $this->b; }
}
$shapes = array_map(fn (int $n): Shape => $n % 2 ? new Disc($n) : new Box($n, 2), range(1, 20));
printf("area %.4f\n", array_sum(array_map(fn (Shape $s) => $s->area(), $shapes)));
$text = file_get_contents(__DIR__ . '/notes.md');
preg_match_all('/\w+/', strtolower($text), $found);
$counts = array_count_values($found[0]);
arsort($counts);
echo json_encode(array_slice($counts, 0, 1)), "\n";
echo md5('holm'), ' ', hash('sha256', 'holm'), ' ', crc32('holm'), "\n";
function tree(int $depth): ?array { return $depth ? [tree($depth - 1), tree($depth - 1)] : null; }
function leaves(?array $t): int { return $t ? leaves($t[0]) + leaves($t[1]) : 1; }
echo leaves(tree(14)), "\n";
$gen = (function () { $a = 0; $b = 1; while (true) { yield $a; [$a, $b] = [$b, $a + $b]; } })();
foreach ($gen as $i => $value) { if ($i == 60) { echo $value, "\n"; break; } }
try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
echo strrev(ucwords('one two three')), ' ', number_format(1234567.891, 2), ' ', str_pad(decbin(42), 10, '0', STR_PAD_LEFT), "\n";
usort($shapes, fn ($a, $b) => $b->area() <=> $a->area());
printf("%.3f %.3f\n", $shapes[0]->area(), $shapes[19]->area());
