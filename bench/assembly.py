#!/usr/bin/env python3
"""Time and memory from text to runnable code for large programs, and whether both are linear.

    bench/assembly.py [MILLIONS]

Writes programs of MILLIONS (10) and half as many million instructions, as one function and as
functions of a thousand instructions each, and runs an entry that does next to nothing."""

import os
import pathlib
import resource
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(TOP / "build/release/bin/rosettavm")

STRAIGHT = "load a load b xor push 12345678901 sub tee c store b nop load c store a\n"
LOOP = "load a push {0} add load b mul store c\nl{0}: load c load a lt jumpif l{0}\n"


def write(path, instructions, per_function):
    with open(path, "w") as out:
        for number in range(instructions // per_function):
            out.write(f"fn f{number}(a, b) {{ local c\n")
            for piece in range(per_function // 10):
                out.write(LOOP.format(piece) if piece % 7 else STRAIGHT)
            out.write("load c ret }\n")
        # Calls everything, so that everything is lowered; fuel ends it at the first call.
        out.write("fn main() { local sum\n")
        for number in range(instructions // per_function):
            out.write(f"load sum push 1 push 2 call f{number} add store sum\n")
        out.write("load sum ret }\n")


def measure(path):
    begin = time.perf_counter()
    process = os.posix_spawn(
        PROGRAM, [PROGRAM, "run", path, "--fuel", "0"], os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 1:
        sys.exit(f"{path}: wait status {status}, not the trap out-of-fuel")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main():
    most = int(float(sys.argv[1] if len(sys.argv) > 1 else 10) * 1_000_000)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "big.rvm")
        for shape, per_function in (("one function", None), ("many functions", 1_000)):
            for instructions in (most // 2, most):
                write(path, instructions, per_function or instructions)
                time_s, mib = measure(path)
                print(f"{shape:15} {instructions:>11,} instructions  {time_s:6.2f} s  {mib:6.0f} MiB")


main()
