#!/usr/bin/env python3
"""A million factorial(10) on an OpenCL device, whole process, the kernel cached.

    bench/gpu.py [RUNS] [--device N|NAME]

Runs `rosettavm par examples/factorial.rvm --entry factorial 10 -n 1000000 --engine opencl` of the
release build RUNS times (11) behind one that fills the caches, and prints the median, the least and
the greatest, and the medians of its stages. The caches, PoCL's own too, are in a folder of the
bench's. Exit status 1 where the median is above the bar of 0.15 s."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
ROSETTAVM = str(TOP / "build/release/bin/rosettavm")
BAR = 0.15


def run(command, environment):
    begin = time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if ended.returncode != 0:
        sys.exit(ended.stderr)
    return seconds, json.loads(ended.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="?", type=int, default=11)
    parser.add_argument("--device")
    options = parser.parse_args()
    command = [ROSETTAVM, "par", str(TOP / "examples/factorial.rvm"), "--entry", "factorial", "10",
               "-n", "1000000", "--engine", "opencl", "--stats", "--json"]
    if options.device:
        command += ["--device", options.device]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": folder, "POCL_CACHE_DIR": f"{folder}/pocl",
                       "ROSETTAVM_STORE": f"{folder}/store.db"}
        first, _ = run(command, environment)
        times, stages = [], {}
        for _ in range(options.runs):
            seconds, said = run(command, environment)
            assert said["results"][0]["value"] == "3628800000000", said
            assert said["stats"]["code"].startswith("cache hit"), said
            times.append(seconds)
            for stage, milliseconds in said["stats"]["milliseconds"].items():
                stages.setdefault(stage, []).append(milliseconds)
    median = statistics.median(times)
    print(f"device          {said['stats']['device']}")
    print(f"compiled first  {first:.3f} s")
    print(f"whole process   {median:.3f} s  ({min(times):.3f} to {max(times):.3f}, {len(times)} runs; "
          f"bar {BAR})")
    for stage, mine in stages.items():
        print(f"  {stage:<14}{statistics.median(mine):8.1f} ms")
    return 0 if median <= BAR else 1


sys.exit(main())
