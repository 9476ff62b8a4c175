#!/usr/bin/env python3
"""Whole-process times of a tiny program on each engine, against an empty C++ program's.

    bench/startup.py [RUNS] [PROGRAM [ARG...]]

Runs `rosettavm run examples/factorial.rvm` (or another program) of the release build in turn:
interpreted, with the default engine with nothing and with its code in the cache, compiled from
nothing and from the cache; and an empty C++ program, built here with clang++-19 -O2. Prints the
median of each, of the ratios to the empty program, and of what it takes beyond the interpreter's
process. The order changes from round to round, since a process that loads the compiler leaves cold
caches behind."""

import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
QUIET = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
ROSETTAVM = str(TOP / "build/release/bin/rosettavm")


def seconds(command):
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=QUIET)
    _, status = os.waitpid(process, 0)
    if status != 0:
        sys.exit(f"{command[0]}: wait status {status}")
    return time.perf_counter() - begin


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    program = sys.argv[2:] or [str(TOP / "examples/factorial.rvm")]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        empty = os.path.join(folder, "empty")
        subprocess.run(
            ["clang++-19", "-O2", "-x", "c++", "-", "-o", empty],
            input=b"int main() {}\n", check=True)
        run = [ROSETTAVM, "run"]
        commands = {
            "empty C++": [empty],
            "interp": [*run, "--engine", "interp", *program],
            "auto, nothing cached": [*run, "--no-cache", *program],
            "auto, code cached": [*run, *program],
            "jit, from the cache": [*run, "--engine", "jit", *program],
            "jit, from nothing": [*run, "--engine", "jit", "--no-cache", *program],
        }
        subprocess.run(commands["jit, from the cache"], check=True, stdout=subprocess.DEVNULL)
        times = {name: [] for name in commands}
        for _ in range(runs):
            for name in random.sample(list(commands), len(commands)):
                seconds([empty])
                times[name].append(seconds(commands[name]))
    for name, mine in times.items():
        ratio = statistics.median(a / b for a, b in zip(mine, times["empty C++"]))
        more = statistics.median(a - b for a, b in zip(mine, times["interp"]))
        print(f"{name:22} {statistics.median(mine) * 1e3:8.3f} ms  {ratio:6.2f} times empty"
              f"  {more * 1e3:+8.3f} ms to interp")
    print(f"medians of {runs} rounds")


main()
