<?php
$sum = 0;
foreach (range(1, 1000) as $i) { $sum += $i * $i; }
$words = ["b" => 1, "a" => 2];
ksort($words);
echo $sum, " ", json_encode($words), "\n";
