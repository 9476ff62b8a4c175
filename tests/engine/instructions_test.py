#!/usr/bin/env python3
"""How many machine instructions the interpreter takes: instructions_test.py PROGRAM REPOSITORY

Two small kernels under valgrind's callgrind, which counts the same wherever it runs. More than 10 %
over what instructions.json holds fails. With --rewrite behind the two, the counts are held anew.

The sanitizers' instructions say nothing: a program in the repository's build/dev is not counted."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MOST = 1.10
# Enough work that the process's own start, about a million instructions, hardly counts.
KERNELS = {"fib": ["26"], "collatz": ["10000"]}


def count(program, kernel, sizes, folder):
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program, "run",
             "--engine", "interp",
             kernel, *sizes]
    done = subprocess.run(words, capture_output=True, text=True)
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}\n{done.stderr}")
    return int(found.group(1))


def main():
    program, repository = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    if program.is_relative_to(repository / "build/dev"):
        print("instructions: not counted under sanitizers")
        return 0
    if shutil.which("valgrind") is None:
        sys.exit("instructions: valgrind is missing (apt-get install valgrind)")
    file = repository / "tests/engine/instructions.json"
    held = json.loads(file.read_text()) if file.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        now = {}
        for name, sizes in KERNELS.items():
            kernel = repository / f"bench/kernels/{name}.rvm"
            now[name] = count(str(program), str(kernel), sizes, folder)
    if sys.argv[3:] == ["--rewrite"]:
        file.write_text(json.dumps(now, indent=2) + "\n")
        held = now
    failed = 0
    for name, instructions in now.items():
        ratio = instructions / held[name]
        failed += ratio > MOST
        print(f"{name}: {instructions:,} instructions, {ratio:.3f} of the {held[name]:,} held"
              + (": too many" if ratio > MOST else ""))
    print(f"instructions: {len(now)} kernels, {failed} above {MOST:.2f} times what is held")
    return 1 if failed else 0


sys.exit(main())
