#!/usr/bin/env python3
"""Whole-process time of a tiny program against an empty C++ program's.

    bench/startup.py [RUNS]

Runs `rosettavm run examples/factorial.rvm` of the release build and an empty C++ program, built
here with clang++-19 -O2, in turn; prints the median of each and the median of the ratios."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
QUIET = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def seconds(command):
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=QUIET)
    _, status = os.waitpid(process, 0)
    if status != 0:
        sys.exit(f"{command[0]}: wait status {status}")
    return time.perf_counter() - begin


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    ours = [str(TOP / "build/release/bin/rosettavm"), "run", str(TOP / "examples/factorial.rvm")]
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty")
        subprocess.run(
            ["clang++-19", "-O2", "-x", "c++", "-", "-o", empty],
            input=b"int main() {}\n", check=True)
        pairs = [(seconds(ours), seconds([empty])) for _ in range(runs)]
    print(f"factorial.rvm  {statistics.median(a for a, _ in pairs) * 1e3:.3f} ms")
    print(f"empty C++      {statistics.median(b for _, b in pairs) * 1e3:.3f} ms")
    print(f"ratio          {statistics.median(a / b for a, b in pairs):.2f}  ({runs} pairs)")


main()
