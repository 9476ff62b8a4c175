#!/usr/bin/env python3
"""`rosettavm par`: many tasks, whole processes.

    bench/par.py [PART...] [--rounds N] [--quick] [--json] [--folder PATH] [--program PATH]

Without a PART all of them:

    process   a million tasks of factorial(10), on all threads and on one
    varied    a million tasks of factorial, with arguments that go round from 3 to 10
    task      10^8 tasks that give their argument back, on one thread
    scaling   the time on one thread over that on all: tasks of one length, and one in a thousand
              10,000 times as long as the others; compiled and interpreted
    memory    the greatest memory of a process: 10^3 and 10^9 such tasks as in `task`, summed
    file      10^8 results into a .npy file; and `dd` of as many zeros to the same disk

What is compared takes turns within a round, in random order, and each has to print the same in
every round, else the exit status is 1. Times are medians, and so are ratios, each of two times of
one round. Compiled code is in its cache before anything is measured.

    --rounds N     rounds (5)
    --quick        small sizes and one round: does it run?
    --json         the same as one JSON object
    --folder PATH  where the results of `file` are written (a temporary folder)
    --program PATH the rosettavm to measure (build/release/bin/rosettavm)"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
FACTORIAL = [str(TOP / "examples/factorial.rvm"), "--entry", "factorial"]

PROGRAMS = {
    "same": "fn main(n) { load n ret }\n",
    # A chain of shifts and exclusive ors, which no compiler closes into a formula: as many rounds
    # as the second argument says, and as the third does in one task of a thousand.
    "chain": """
fn main(task, rounds, seldom) {
    local x
    load task push 1 add store x
    load task push 1000 mod push 500 eq jumpifnot next
    load seldom store rounds
next:
    load x dup push 13 shl xor
    dup push 7 shr_u xor
    dup push 17 shl xor
    store x
    load rounds push 1 sub tee rounds
    jumpif next
    load x ret
}
""",
}

# Runs a command and writes its greatest memory in kB to a file: what the kernel says of a child of
# Python's has Python's own memory in it, before the child became the command.
LAUNCHER = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char** argv) {
  struct rusage usage;
  int status = 1;
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  if (argc < 3 || child < 0 || wait4(child, &status, 0, &usage) != child) return 1;
  FILE* const file = fopen(argv[1], "w");
  if (file == NULL || fprintf(file, "%ld", usage.ru_maxrss) < 0 || fclose(file) != 0) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
"""


class Bench:
    def __init__(self, given, folder):
        self.program = given.program
        self.rounds = 1 if given.quick else given.rounds
        self.quick = given.quick
        self.folder = given.folder or folder
        self.launcher = os.path.join(folder, "launcher")
        self.kilobytes = pathlib.Path(folder, "kilobytes")
        subprocess.run(["clang-19", "-O2", "-x", "c", "-", "-o", self.launcher], check=True,
                       input=LAUNCHER.encode())
        self.texts = {}
        for name, text in PROGRAMS.items():
            path = os.path.join(folder, name + ".rvm")
            pathlib.Path(path).write_text(text)
            self.texts[name] = path
        self.outputs = {}

    def tasks(self, count):
        return max(1000, count // 1000) if self.quick else count

    def par(self, *words):
        return [self.program, "par", *map(str, words)]

    def run(self, words):
        """Milliseconds that a process takes."""
        begin = time.perf_counter()
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        elapsed = time.perf_counter() - begin
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit status {done.returncode}")
        output = self.outputs.setdefault(tuple(words), done.stdout)
        if output != done.stdout:
            sys.exit(f"{' '.join(words)}: printed {done.stdout!r}, and before {output!r}")
        return elapsed * 1e3

    def compare(self, commands, memory=False, before=lambda: None):
        """Rounds of commands, by name: for each its times, and where asked for its memory."""
        got = {name: ([], []) for name in commands}
        for number in range(self.rounds):
            for name, words in random.sample(list(commands.items()), len(commands)):
                if sys.stderr.isatty():
                    print(f"\r\x1b[K{number + 1}/{self.rounds} {name}", end="", flush=True,
                          file=sys.stderr)
                before()
                if memory:
                    words = [self.launcher, str(self.kilobytes), *words]
                got[name][0].append(self.run(words))
                if memory:
                    got[name][1].append(int(self.kilobytes.read_text()))
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", flush=True, file=sys.stderr)
        return got

    def warm(self, *words):
        """Puts the code of a program into the cache."""
        self.run(self.par(*words, "-n", 1, "--engine", "jit"))


def row(what, times, **more):
    return {"what": what, "ms": statistics.median(times), **more}


def threads():
    """All, and one; where there is only one processor, that."""
    count = len(os.sched_getaffinity(0))
    return {f"{count} threads": count, "1 thread": 1} if count > 1 else {"1 thread": 1}


def of_factorial(bench, name, argument):
    bench.warm(*FACTORIAL, 10)
    count = bench.tasks(1_000_000)
    got = bench.compare({
        f"{name}, {label}": bench.par(*FACTORIAL, argument, "-n", count, "--threads", n)
        for label, n in threads().items()})
    return [row(what, times, tasks=count) for what, (times, _) in got.items()]


def process(bench):
    return of_factorial(bench, "factorial(10)", 10)


def varied(bench):
    return of_factorial(bench, "factorial(3 to 10)", "3..11")


def task(bench):
    bench.warm(bench.texts["same"], 1)
    count = bench.tasks(100_000_000)
    got = bench.compare({"a trivial task, 1 thread": bench.par(
        bench.texts["same"], "-n", count, "--threads", 1)})
    return [row(what, times, tasks=count, ns_a_task=statistics.median(times) * 1e6 / count)
            for what, (times, _) in got.items()]


def scaling(bench):
    bench.warm(bench.texts["chain"], 1, 1, 1)
    rows = []
    # An interpreted round takes about five times as long as a compiled one.
    for engine, count in (("jit", 1_000_000), ("interp", 200_000)):
        count = bench.tasks(count)
        for kind, rounds, seldom in (("even", 1100, 1100), ("uneven", 100, 1_000_000)):
            got = bench.compare({
                label: bench.par(bench.texts["chain"], "@index", rounds, seldom, "-n", count,
                                 "--engine", engine, "--threads", n)
                for label, n in threads().items()})
            one = got["1 thread"][0]
            for label, (times, _) in got.items():
                rows.append(row(f"{kind}, {engine}, {label}", times, tasks=count,
                                speed_up=statistics.median(a / b for a, b in zip(one, times))))
    return rows


def memory(bench):
    bench.warm(bench.texts["same"], 1)
    few, many = 1000, bench.tasks(1_000_000_000)
    got = bench.compare({f"{count:,} trivial tasks": bench.par(bench.texts["same"], "-n", count)
                         for count in (few, many)}, memory=True)
    return [row(what, times, tasks=int(what.split()[0].replace(",", "")), kb=max(kilobytes))
            for what, (times, kilobytes) in got.items()]


def file(bench):
    bench.warm(bench.texts["same"], 1)
    count = bench.tasks(100_000_000)
    results = os.path.join(bench.folder, "results.npy")
    zeros = os.path.join(bench.folder, "zeros")

    def remove():
        for path in (results, results + ".job", zeros):
            pathlib.Path(path).unlink(missing_ok=True)

    command = bench.par(bench.texts["same"], "-n", count, "--out", results)
    try:
        bench.run(command)
        size = os.path.getsize(results)
        got = bench.compare({
            "results into .npy": command,
            "dd": ["dd", "if=/dev/zero", f"of={zeros}", "bs=1M", "iflag=count_bytes",
                   f"count={size}", "conv=fsync"]}, memory=True, before=remove)
    finally:
        remove()
    dd = got["dd"][0]
    return [row(what, times, bytes=size, kb=max(kilobytes),
                over_dd=statistics.median(a / b for a, b in zip(times, dd)))
            for what, (times, kilobytes) in got.items()]


PARTS = {part.__name__: part for part in (process, varied, task, scaling, memory, file)}


def machine(program):
    facts = {"processor": "unknown", "processors": len(os.sched_getaffinity(0))}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["processor"] = line.split(":")[1].strip()
            break
    facts["rosettavm"] = subprocess.check_output([program, "--version"], text=True).strip()
    facts["load"] = os.getloadavg()[0]
    return facts


def table(report):
    for part, rows in report["parts"].items():
        for one in rows:
            text = f"{part:9}{one['what']:32}{one['ms']:12,.1f} ms"
            if "ns_a_task" in one:
                text += f"   {one['ns_a_task']:.2f} ns a task"
            if "speed_up" in one:
                text += f"   {one['speed_up']:.2f} times as fast as 1 thread"
            if "kb" in one:
                text += f"   {one['kb'] / 1024:.1f} MiB at most"
            if "over_dd" in one:
                text += f"   {one['over_dd']:.2f} times dd"
            print(text)
    facts = report["machine"]
    rounds = "one round" if report["rounds"] == 1 else f"medians of {report['rounds']} rounds"
    print(f"\n{facts['processor']}, {facts['processors']} processors, load {facts['load']:.1f}; "
          f"{facts['rosettavm']}; whole processes, {rounds}")


def main():
    summary, _, rest = __doc__.partition("\n\n")
    arguments = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("parts", nargs="*", metavar="PART")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--folder")
    arguments.add_argument("--program", default=str(TOP / "build/release/bin/rosettavm"))
    given = arguments.parse_args()
    for part in given.parts:
        if part not in PARTS:
            arguments.error(f"no part {part}; there are {' '.join(PARTS)}")
    if given.rounds < 1:
        arguments.error("at least one round")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROSETTAVM_STORE"] = os.path.join(folder, "store.db")
        os.environ["XDG_CACHE_HOME"] = folder
        bench = Bench(given, folder)
        report = {"machine": machine(given.program), "rounds": bench.rounds,
                  "parts": {part: PARTS[part](bench) for part in given.parts or PARTS}}
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        table(report)


main()
