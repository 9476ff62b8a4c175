#!/usr/bin/env python3
"""Compiling programs of many functions: is the time for each the same?

    bench/functions.py [COUNT…] [--rounds N] [--fuel] [--program PATH]
    bench/functions.py --write COUNT FILE

Writes programs of COUNT (1250 2500 5000 10000) small functions that call each other, with loops,
chains of calls, tail calls and some recursion, and a main; compiles each without the cache, and prints the least of N (3) times in
all and for each function, with what was spent before the compiler had it.

    --write        only writes the program
    --fuel         with fuel counted
    --program PATH the rosettavm to measure (build/release/bin/rosettavm)"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent


def straight(chance, i, callees):
    """Arithmetic, and calls."""
    lines = [f"load a load b push {chance.randrange(1, 1000)} {chance.choice(['mul', 'xor'])} add"]
    for callee in callees:
        lines.append(f"load a push {chance.randrange(64)} add load b call f{callee} xor")
    return lines + ["ret"]


def loop(chance, i, callees):
    lines = ["load b push 7 and store n", "again:",
             f"load a push {chance.randrange(3, 99)} mul load n add store a"]
    for callee in callees:
        lines.append(f"load a load n call f{callee} store a")
    return lines + ["load n push 1 sub tee n push 0 gt jumpif again", "load a ret"]


def recursive(chance, i, callees):
    lines = ["load b push 7 and store n", "load n jumpifnot end",
             f"load a push {chance.randrange(99)} xor load n push 1 sub call f{i}", "load n add"]
    for callee in callees:
        lines.append(f"load a load n call f{callee} add")
    return lines + ["ret", "end:", "load a ret"]


def tail(chance, i, callees):
    lines = []
    for callee in callees:
        lines += [f"load a push {chance.randrange(99)} gt jumpifnot not{callee}",
                  f"load b load a tailcall f{callee}", f"not{callee}:"]
    return lines + ["load a load b add ret"]


def program(count):
    """Each function is called by one before it, near or far, and by some others; some call one
    before them, which makes cycles."""
    chance = random.Random(count)
    callees = [[] for _ in range(count)]
    for i in range(1, count):
        callees[max(0, i - 1 - int(chance.expovariate(1 / 10)))].append(i)
        for _ in range(chance.choice([0, 1, 1, 2])):
            callees[chance.randrange(max(0, i - 50), i)].append(i)
        if chance.random() < 0.02:
            callees[i].append(max(0, i - chance.randrange(5)))
    text = []
    for i in range(count):
        kind = chance.choices([straight, loop, recursive, tail], [6, 2, 1, 1])[0]
        if any(callee <= i for callee in callees[i]):
            kind = recursive  # else it might call itself for ever, and what is behind be dead
        text.append(f"fn f{i}(a, b) {{")
        if kind in (loop, recursive):
            text.append("    local n")
        text += ["    " + line for line in kind(chance, i, sorted(set(callees[i])))] + ["}"]
    # It runs next to nothing.
    text += ["fn main(a, b) {", f"    load a jumpif all load a load b call f{count - 1} ret",
             "all:", "    load a load b call f0 ret", "}"]
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[1250, 2500, 5000, 10000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fuel", action="store_true")
    parser.add_argument("--write", nargs=2)
    parser.add_argument("--program", default=TOP / "build/release/bin/rosettavm")
    options = parser.parse_args()
    if options.write:
        pathlib.Path(options.write[1]).write_text(program(int(options.write[0])))
        return 0
    print(f"{'functions':>10} {'instructions':>13} {'before':>9} {'compile':>11} {'a function':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for count in options.counts:
            path = pathlib.Path(folder) / "functions.rvm"
            path.write_text(program(count))
            words = [options.program, "run", "--engine", "jit", "--no-cache", "--stats", "--json",
                     *(["--fuel", "1000000"] if options.fuel else []), path, "0", "0"]
            best = None
            for _ in range(options.rounds):
                done = subprocess.run(words, capture_output=True, text=True)
                if done.returncode != 0:
                    sys.exit(done.stdout + done.stderr)
                stats = json.loads(done.stdout)["stats"]
                times = stats["milliseconds"]
                if best is None or times["compile"] < best["compile"]:
                    best = times
            before = sum(best[stage] for stage in ("read", "assemble", "lower"))
            print(f"{count:>10} {stats['written']:>13} {before:>6.1f} ms {best['compile']:>8.0f} ms "
                  f"{best['compile'] / count:>8.3f} ms", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
