#!/usr/bin/env python3
"""`--engine cuda` from outside: cuda_test.py PROGRAM REPOSITORY. The driver is the tests' own
(tests/gpu/ptx_driver.cpp), found as the real one is: it has two GPUs, which run a kernel's PTX on the
processor, and a process that uses it wrongly ends with status 99."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv[1])
REPOSITORY = pathlib.Path(sys.argv[2])
DRIVER = PROGRAM.parent.parent / "tests/cuda_driver"
FACTORIAL = [str(REPOSITORY / "examples/factorial.rvm"), "--entry", "factorial"]
DEEP = """
fn down(n) { load n jumpifnot end load n push 1 sub call down push 1 add ret end: push 0 ret }
"""
# Seldom deep, seldom long, seldom a trap.
UNEVEN = """
fn main(n) {
    local k
    load n push 1000 mod push 500 eq jumpif deep
    load n push 1000 mod push 501 eq jumpif long
    load n push 1000 mod push 502 eq jumpif bad
    load n ret
deep: push 20000 call down ret
long: push 100000 store k
loop: load k push 1 sub store k load k push 0 gt jumpif loop
    load n ret
bad: push 1 push 0 div ret
}
""" + DEEP


def has_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


class CudaTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(DRIVER), "NO_COLOR": "1",
                            "XDG_CACHE_HOME": folder.name,
                            "ROSETTAVM_STORE": folder.name + "/store.db"}

    def run_it(self, *words, text="", status=0):
        done = subprocess.run([str(PROGRAM), *map(str, words)], env=self.environment, input=text,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def stats(self, *words):
        line = self.run_it(*words, "--json", "--stats").stdout.splitlines()[-1]
        return json.loads(line)["stats"]

    def same(self, *words, text="", status=0):
        """On GPUs as interpreted: results, and what is said of traps."""
        wanted = self.run_it(*words, "--engine", "interp", text=text, status=status)
        got = self.run_it(*words, "--engine", "cuda", text=text, status=status)
        self.assertEqual(got.stdout, wanted.stdout)
        self.assertEqual(got.stderr, wanted.stderr)

    def test_many_tasks(self):
        self.same("par", *FACTORIAL, "3..11", "-n", 100_000)
        self.same("par", *FACTORIAL, "10", "-n", 1)
        self.same("par", REPOSITORY / "bench/kernels/mandelbrot.rvm", "--entry", "rounds",
                  "-0.75..0.25", "0.1", "200", "-n", 20_000)

    def test_one_task(self):
        self.same("run", REPOSITORY / "examples/gcd.rvm", "48", "18")
        self.same("run", "-", "50000", "--entry", "down", text=DEEP)

    def test_tasks_of_all_kinds(self):
        self.same("par", "-", "-n", 20_000, text=UNEVEN, status=1)

    def test_limits(self):
        self.same("par", "-", "100", "--entry", "down", "-n", 50, "--max-depth", 99, text=DEEP,
                  status=1)
        self.same("par", "-", "0..200", "--entry", "down", "-n", 200, "--fuel", 100, text=DEEP,
                  status=1)

    def test_devices(self):
        all_of = self.stats("par", *FACTORIAL, "5", "-n", 1000, "--engine", "cuda")
        self.assertEqual(all_of["device"], "Fake GPU A, Fake GPU B")
        for words, device in ((["1"], "Fake GPU B"), (["gpu a"], "Fake GPU A"),
                              (["b", "--device", "0"], "Fake GPU B, Fake GPU A")):
            got = self.stats("par", *FACTORIAL, "5", "-n", 1000, "--engine", "cuda", "--device",
                             *words)
            self.assertEqual(got["device"], device)
        for wanted, found in (("2", "no CUDA device is `2`"),
                              ("Fake", "more than one CUDA device is `Fake`")):
            done = self.run_it("par", *FACTORIAL, "5", "-n", 2, "--engine", "cuda", "--device",
                               wanted, status=2)
            self.assertIn(found, done.stderr)
            self.assertIn("1  Fake GPU B (compute capability 8.6)", done.stderr)

    def test_code_is_kept(self):
        words = ["run", *FACTORIAL, "10", "--engine", "cuda", "--device", "0"]

        def kept(*more):
            return self.stats(*words, *more)["code"].split("; launches")[0]

        folder = pathlib.Path(self.environment["XDG_CACHE_HOME"], "rosettavm/code")
        self.assertEqual(kept(), "cache miss: not there; kept now")
        self.assertEqual(kept(), "cache hit")
        self.assertEqual(kept("--no-cache"), "not cached")
        # The PTX, and what the driver made of it.
        files = list(folder.iterdir())
        self.assertEqual(len(files), 2)
        for file in files:
            file.write_bytes(file.read_bytes()[:-1])
        self.assertEqual(kept(), "cache miss: damaged; kept now")
        self.assertEqual(kept(), "cache hit")

    def test_what_prints_is_refused(self):
        done = self.run_it("run", "-", "--engine", "cuda", text="fn main() { push 1 print push 2 ret }",
                           status=2)
        self.assertIn("print", done.stderr)

    @unittest.skipIf(has_driver(), "skipped: this machine has a CUDA driver")
    def test_no_driver(self):
        self.environment.pop("LD_LIBRARY_PATH")
        for words in (["run", *FACTORIAL, "10"], ["par", *FACTORIAL, "10", "-n", 10]):
            done = self.run_it(*words, "--engine", "cuda", status=4)
            self.assertEqual(done.stdout, "")
            self.assertTrue(done.stderr.startswith(
                "rosettavm: no CUDA driver was found: libcuda.so.1: "), done.stderr)

    def test_not_a_driver(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "empty.c")
            source.write_text("int nothing;\n")
            subprocess.run(["clang-19", "-shared", "-fPIC", "-o", folder + "/libcuda.so.1", source],
                           check=True)
            self.environment["LD_LIBRARY_PATH"] = folder
            done = self.run_it("run", *FACTORIAL, "10", "--engine", "cuda", status=4)
            self.assertIn("has no cuInit: one of CUDA 11.0 or newer is needed", done.stderr)


if not DRIVER.exists():
    print(f"skipped: the tests' driver is not built: there is no {DRIVER}")
    sys.exit(77)
unittest.main(argv=sys.argv[:1])
