"""Work for CPython: the standard library, generators, classes, exceptions, big integers, files."""
import collections
import dataclasses
import decimal
import hashlib
import heapq
import itertools
import json
import os
import re
import struct
import sys
import zlib


@dataclasses.dataclass(order=True)
class Job:
    cost: int
    name: str = dataclasses.field(compare=False)


def primes(limit):
    sieve = bytearray([1]) * limit
    for n in range(2, limit):
        if sieve[n]:
            yield n
            sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))


def ackermann(m, n):
    return n + 1 if m == 0 else ackermann(m - 1, 1 if n == 0 else ackermann(m, n - 1))


print("arguments", sys.argv[1:])
print("sha256", hashlib.sha256(b"holm" * 1000).hexdigest())
print("crc", zlib.crc32(b"holm" * 1000), len(zlib.compress(b"holm" * 1000)) < 100)
print("primes", sum(primes(50000)))
print("factorial", len(str(__import__("math").factorial(1000))))
print("words", collections.Counter(re.findall(r"\w+", open("/here/notes.md").read().lower())).most_common(3))
print("json", json.dumps({"b": [1, 2.5, None, True], "a": {"é": "ü"}}, sort_keys=True))
print("decimal", decimal.Decimal(2).sqrt(decimal.Context(prec=40)))
jobs = [Job(n * 7919 % 101, f"job{n}") for n in range(50)]
heapq.heapify(jobs)
print("heap", [heapq.heappop(jobs).name for _ in range(5)])
print("pack", struct.pack("<IdH", 1, 2.5, 3).hex())
print("groups", {k: len(list(g)) for k, g in itertools.groupby(sorted("mississippi"))})
print("ackermann", ackermann(2, 60))
try:
    {}["missing"]
except KeyError as error:
    print("error", repr(error))
try:
    def down(n):
        return down(n + 1)

    down(0)
except RecursionError:
    print("recursion stopped")
with open("/here/made.txt", "w") as file:
    file.writelines(f"{n}\n" for n in range(1000))
print("file", os.path.getsize("/here/made.txt"), sum(int(line) for line in open("/here/made.txt")))
os.remove("/here/made.txt")
print("listing", sorted(name for name in os.listdir("/here") if name.startswith("work.")))
sys.exit(9)
