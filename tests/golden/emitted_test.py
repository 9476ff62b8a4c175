#!/usr/bin/env python3
"""The source text that programs are emitted as, held line by line.

emitted/NAME.DIALECT.txt is what `rosettavm emit --to DIALECT` prints of the program that TEXTS
names, with each part that is a file of src/ given by the file's name: those parts have to be there
as they are.

    emitted_test.py PROGRAM REPOSITORY             compare
    emitted_test.py PROGRAM REPOSITORY --rewrite   write what is printed now
"""

import argparse
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

SHAPES = "tests/golden/emitted/shapes.rvm"
TEXTS = [
    ("collatz", "examples/collatz.rvm", ["c", "cuda", "hip", "opencl"], []),
    ("fib", "bench/kernels/fib.rvm", ["c", "opencl"], []),
    ("fib_native", "bench/kernels/fib.rvm", ["cuda"], ["--native-recursion"]),
    ("hash32", "bench/kernels/hash32.rvm", ["opencl"], []),
    ("shapes", SHAPES, ["c"], []),
]
HOST = ["types.c", "values.c", "sum.c", "c.c", "gpu.c", "main.c"]
PARTS = ["gpu/prelude/%s.h" % name for name in ("c", "cuda", "hip", "opencl", "task")]
PARTS += ["isa/arith.h"] + ["gpu/host/" + name for name in HOST]


def emitted(program, repository, source, dialect, options):
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ROSETTAVM_STORE": os.path.join(home, "store.db")}
        text = subprocess.run([program, "emit", "--to", dialect, *options, source], check=True,
                              cwd=repository, env=environment, timeout=60,
                              capture_output=True).stdout.decode()
    for part in PARTS:
        whole = (repository / "src" / part).read_text()
        text = text.replace(whole, f"[src/{part}]\n")
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("repository", type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    options = parser.parse_args()
    repository = options.repository.resolve()
    folder = repository / "tests" / "golden" / "emitted"
    program = str(options.program.resolve())

    failed = count = 0
    for name, source, dialects, flags in TEXTS:
        for dialect in dialects:
            count += 1
            golden = folder / f"{name}.{dialect}.txt"
            text = emitted(program, repository, source, dialect, flags)
            before = golden.read_text() if golden.exists() else ""
            if text == before:
                continue
            if options.rewrite:
                golden.write_text(text)
                print(f"rewritten: {golden.name}")
                continue
            failed += 1
            print("\n".join(difflib.unified_diff(before.split("\n"), text.split("\n"),
                                                 f"{golden.name}, held", f"{golden.name}, now",
                                                 lineterm="")))
    print(f"emitted: {count} texts, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
