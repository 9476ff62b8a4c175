#!/usr/bin/env python3
"""What the store costs: adding many functions at once, and finding one among many.

    bench/store.py [FUNCTIONS]

Adds files of 100,000 functions each until there are FUNCTIONS (1,000,000), and then runs a small
program by its name and by its hash from that store, from a store of that program alone, and from its
file, in turns: whole processes, medians."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(TOP / "build/release/bin/rosettavm")
EACH = 100_000
SMALL = "fn small(n) { load n push 1 add ret }\n"


def write(path, first):
    with open(path, "w") as out:
        for i in range(first, first + EACH):
            callee = f"call f{i - 1}" if i % 10 else "nop"
            out.write(f"fn f{i}(n) {{ load n push {i} xor {callee} ret }}\n")


def run(*words):
    begin = time.perf_counter()
    done = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE)
    elapsed = time.perf_counter() - begin
    if done.returncode != 0:
        sys.exit(f"{words}: exit status {done.returncode}")
    return elapsed, done.stdout.decode()


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        small, large, one = (os.path.join(folder, name) for name in ("small.rvm", "large.db", "one.db"))
        pathlib.Path(small).write_text(SMALL)
        added = run("store", "add", "--store", one, small)[1]
        run("store", "add", "--store", large, small)
        for first in range(0, most, EACH):
            path = os.path.join(folder, "many.rvm")
            write(path, first)
            seconds = run("store", "add", "--store", large, path)[0]
            checked = run("hash", path)[0]
            size = os.path.getsize(large) / 2**20
            print(f"{first + EACH:>9,} functions: added {EACH:,} in {seconds:5.2f} s, of which reading, "
                  f"checking and hashing {checked:5.2f} s; the file has {size:,.0f} MiB", flush=True)
        cases = {
            "from its file": ["run", "--entry", "small", small, "41"],
            "by name, a store of 1": ["run", "--store", one, "small", "41"],
            "by name, the large store": ["run", "--store", large, "small", "41"],
            "by hash, the large store": ["run", "--store", large, "#" + added[:64], "41"],
            "by 8 digits, the large store": ["run", "--store", large, "#" + added[:8], "41"],
        }
        times = {name: [] for name in cases}
        for _ in range(200):
            for name, words in cases.items():
                times[name].append(run(*words)[0] * 1e3)
        for name, values in times.items():
            print(f"{name:<30} {statistics.median(values):6.3f} ms")


main()
