#!/usr/bin/env python3
"""What a person reads when something is wrong, held word by word.

messages/NAME.txt holds commands, each as `$ rosettavm …` with its exit status, standard error and
standard output behind it; the commands run with messages/ as their working directory. A NAME.rvm
without a NAME.txt is just run.

    golden_test.py PROGRAM REPOSITORY             compare
    golden_test.py PROGRAM REPOSITORY --rewrite   run the same commands, write what they say now

Read `git diff` after a rewrite: a golden is only as good as the eye that read it.
"""

import argparse
import difflib
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

PROMPT = b"$ rosettavm"


def run(program, words, folder, store):
    """The block of a golden file for one command."""
    environment = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "ROSETTAVM_STORE": store}
    done = subprocess.run([program, *words], cwd=folder, env=environment, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True)
    text = b"exit status %d\n" % done.returncode
    for name, what in (b"stderr", done.stderr), (b"stdout", done.stdout):
        what = what.replace(store.encode(), b"STORE")
        if what:
            text += b"--- " + name + b"\n" + what
            if not what.endswith(b"\n"):
                text += b"\n\\ no newline at the end\n"
    return text


def commands(golden, source):
    if golden.exists():
        lines = golden.read_bytes().split(b"\n")
        return [line for line in lines if line == PROMPT or line.startswith(PROMPT + b" ")]
    return [b"$ rosettavm run " + source.name.encode()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("repository", type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    options = parser.parse_args()
    folder = options.repository.resolve() / "tests" / "golden" / "messages"
    program = str(options.program.resolve())

    stems = sorted({path.stem for path in folder.iterdir() if path.suffix in (".rvm", ".txt")})
    failed = 0
    count = 0
    home = tempfile.TemporaryDirectory()
    for stem in stems:
        store = os.path.join(home.name, stem + ".db")  # each file's own, empty at first
        golden = folder / (stem + ".txt")
        text = b""
        for command in commands(golden, folder / (stem + ".rvm")):
            count += 1
            words = shlex.split(command[len(PROMPT):].decode())
            text += (b"\n" if text else b"") + command + b"\n" + run(program, words, folder, store)
        before = golden.read_bytes() if golden.exists() else b""
        if text == before:
            continue
        if options.rewrite:
            golden.write_bytes(text)
            print(f"rewritten: {golden.name}")
            continue
        failed += 1
        decode = lambda data: data.decode("utf-8", "backslashreplace").split("\n")
        print("\n".join(difflib.unified_diff(decode(before), decode(text), f"{golden.name}, held",
                                             f"{golden.name}, now", lineterm="")))
    print(f"golden: {count} commands in {len(stems)} files, {failed} files differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
