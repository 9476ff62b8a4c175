#!/usr/bin/env python3
"""What a GPU makes of many tasks: the table of docs/gpu.md, as Markdown.

    bench/gpu_table.py [--rounds N] [--quick] [--json] [--program PATH] [--device N|NAME]

First the self-test, on every engine that there is: it has to pass. Then the tasks, each as a whole
process:

    jit       compiled code on all processors
    opencl    the OpenCL device
    cuda      the GPU through NVIDIA's driver
    program   what `rosettavm cuda` writes, compiled by nvcc beforehand

What is not there is named, with the reason, and its column stays empty. All columns of a row have
to print the same, else the exit status is 1. What is compared takes turns within a round, in random
order; times are medians. Code is in its caches before anything is measured.

    --rounds N     rounds (11)
    --quick        a thousandth of the tasks and one round: does it run?
    --json         the same as one JSON object
    --device       of the engines opencl and cuda, as `rosettavm par` takes it
    --program PATH the rosettavm to measure (build/release/bin/rosettavm)"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
KERNELS = TOP / "bench/kernels"

# What, the file, its entry, arguments, tasks.
ROWS = [
    ("factorial(10)", TOP / "examples/factorial.rvm", "factorial", ["10"], 1_000_000),
    ("factorial(10)", TOP / "examples/factorial.rvm", "factorial", ["10"], 1_000_000_000),
    ("fib(25)", KERNELS / "fib.rvm", "fib", ["25"], 100_000),
    ("collatz: steps(837799)", KERNELS / "collatz.rvm", "steps", ["837799"], 10_000_000),
    ("mandelbrot: rounds(-0.75, 0.01, 1000)", KERNELS / "mandelbrot.rvm", "rounds",
     ["-0.75", "0.01", "1000"], 10_000_000),
]
ENGINES = ["jit", "opencl", "cuda"]
PROGRAM = "program"


class Missing(Exception):
    pass


class Bench:
    def __init__(self, given, folder):
        self.rosettavm = given.program
        self.device = ["--device", given.device] if given.device else []
        self.rounds = 1 if given.quick else given.rounds
        self.quick = given.quick
        self.folder = pathlib.Path(folder)
        self.missing = {}

    def run(self, words):
        """Seconds that a process takes, and what it prints."""
        begin = time.perf_counter()
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        elapsed = time.perf_counter() - begin
        if done.returncode != 0:
            raise Missing(done.stderr.strip() or f"{words[0]}: exit status {done.returncode}")
        return elapsed, done.stdout

    def on(self, engine):
        return ["--engine", engine, *(self.device if engine != "jit" else [])]

    def par(self, engine, row, tasks):
        _, file, entry, arguments, _ = row
        return [self.rosettavm, "par", file, "--entry", entry, *self.on(engine), "-n", tasks, "--",
                *arguments]

    def nvcc(self, row):
        """The program that nvcc makes of a row's file."""
        _, file, entry, _, _ = row
        compiler = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
        if compiler is None:
            raise Missing("there is no nvcc in PATH, nor in /usr/local/cuda/bin")
        source = self.folder / f"{file.stem}.cu"
        program = self.folder / file.stem
        if not program.exists():
            self.run([self.rosettavm, "cuda", file, "--entry", entry, "-o", source])
            self.run([compiler, "-o", program, source])
        return program

    def commands(self, row):
        """What there is to run for a row, by column, tried once: that fills the caches."""
        tasks = max(1, row[4] // 1000) if self.quick else row[4]
        found = {}
        for column in [*ENGINES, PROGRAM]:
            if column in self.missing:
                continue
            try:
                if column == PROGRAM:
                    words = [self.nvcc(row), tasks, "--args", *row[3]]
                else:
                    words = self.par(column, row, tasks)
                self.run(words)
                found[column] = words
            except Missing as error:
                self.missing[column] = str(error)
        return tasks, found

    def measure(self, row):
        tasks, commands = self.commands(row)
        times = {column: [] for column in commands}
        outputs = {}
        for number in range(self.rounds):
            for column, words in random.sample(list(commands.items()), len(commands)):
                if sys.stderr.isatty():
                    print(f"\r\x1b[K{row[0]} {number + 1}/{self.rounds} {column}", end="",
                          flush=True, file=sys.stderr)
                elapsed, outputs[column] = self.run(words)
                times[column].append(elapsed * 1e3)
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", flush=True, file=sys.stderr)
        if len(set(outputs.values())) > 1:
            sys.exit(f"{row[0]}: the columns print different results: {outputs}")
        return {"what": row[0], "tasks": tasks,
                "ms": {column: statistics.median(each) for column, each in times.items()}}

    def test(self):
        """The self-test: what it says of each engine."""
        files = [TOP / "examples/factorial.rvm"] if self.quick else []
        try:
            return self.run([self.rosettavm, "test", "--fresh", *files])[1].splitlines()
        except Missing as error:
            sys.exit(f"the self-test fails: {error}")


def first_line(words):
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout else None


def machine(program):
    facts = {"processors": len(os.sched_getaffinity(0)),
             "rosettavm": first_line([program, "--version"]),
             "gpu": first_line(["nvidia-smi", "--format=csv,noheader",
                                "--query-gpu=name,driver_version,memory.total"])}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["processor"] = line.split(":")[1].strip()
            break
    return facts


def markdown(report):
    facts = report["machine"]
    print(f"{facts.get('processor', 'unknown processor')}, {facts['processors']} processors; GPU: "
          f"{facts['gpu'] or 'none that nvidia-smi knows'}; {facts['rosettavm']}. Whole processes, "
          f"milliseconds, medians of {report['rounds']}.\n")
    columns = [*ENGINES, PROGRAM]
    print(f"| | tasks | {' | '.join(columns)} |\n| --- | ---: |{' ---: |' * len(columns)}")
    for row in report["rows"]:
        cells = [f"{row['ms'][c]:,.1f}" if c in row["ms"] else "" for c in columns]
        print(f"| {row['what']} | {row['tasks']:,} | {' | '.join(cells)} |")
    print()
    print("\n".join(f"Self-test: {line}" for line in report["self_test"]))
    for column, why in report["missing"].items():
        print(f"No `{column}`: {why}")


def main():
    summary, _, rest = __doc__.partition("\n\n")
    arguments = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=11)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--device")
    arguments.add_argument("--program", default=str(TOP / "build/release/bin/rosettavm"))
    given = arguments.parse_args()
    if given.rounds < 1:
        arguments.error("at least one round")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROSETTAVM_STORE"] = os.path.join(folder, "store.db")
        os.environ["XDG_CACHE_HOME"] = folder
        bench = Bench(given, folder)
        report = {"machine": machine(given.program), "rounds": bench.rounds}
        report["self_test"] = bench.test()
        report["rows"] = [bench.measure(row) for row in ROWS]
        report["missing"] = bench.missing
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        markdown(report)


main()
