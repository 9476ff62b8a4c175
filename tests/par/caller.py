"""What the tests of `par` share: a scratch folder, the program in it, its answers."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
SLOW = PROGRAM.parts[-3] != "release"  # sanitizers
# ThreadSanitizer keeps signals back until a thread calls something that it knows, which an endless
# loop of compiled code does not.
INTERRUPTIBLE = ("interp",) if PROGRAM.parts[-3] == "tsan" else ("interp", "jit", "auto")
FINE, TRAPPED, USAGE, WRONG, MACHINE, STOPPED = 0, 1, 2, 3, 4, 130
PATIENCE = 90  # seconds, for one command under sanitizers on a busy machine

# One task in 1,000 takes 10,000 times longer; some trap, in two ways, and some halt.
UNEVEN = """
fn main(n) -> (i64, f64) {
    local k
    load n push 97 mod jumpif fine
    push 1 push 0 div push 0.5 halt
fine:
    load n push 101 mod push 5 eq jumpif stuck
    load n push 103 mod push 6 eq jumpif out
    push 10 store k
    load n push 1000 mod push 1 ne jumpif loop
    push HEAVY store k
loop:
    load n push 6364136223846793005 mul push 1442695040888963407 add store n
    load k push 1 sub store k
    load k jumpif loop
    load n
    load n to_f64 push 1e-3 mul
    ret
stuck:
    trap
out:
    load n push 0.5 halt
}
"""


class Ended:
    def __init__(self, status, output, messages, seconds):
        self.status = status
        self.output = output.decode(errors="backslashreplace")
        self.messages = messages.decode(errors="backslashreplace")
        self.seconds = seconds


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text, name="program.rvm"):
        path = self.folder / name
        path.write_text(text)
        return name

    def environment(self):
        return {**os.environ, "ROSETTAVM_STORE": str(self.folder / "store.db"), "NO_COLOR": "1"}

    def start(self, *words, **more):
        return subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(), cwd=self.folder, **more)

    def call(self, *words):
        begun = time.monotonic()
        process = self.start(*words)
        try:
            output, messages = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            self.fail(f"still running after {PATIENCE} s: {' '.join(map(str, words))}")
        return Ended(process.returncode, output, messages, time.monotonic() - begun)

    def par(self, *words):
        return self.call("par", *words)

    def ok(self, *words):
        ended = self.par(*words)
        self.assertEqual(ended.status, FINE, ended.messages)
        return ended

    def refused(self, status, message, *words):
        ended = self.par(*words)
        self.assertEqual(ended.status, status, ended.messages)
        self.assertIn(message, ended.messages)
        self.assertEqual(ended.output, "")


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
