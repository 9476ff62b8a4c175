#!/usr/bin/env python3
"""Compiled code as people and tools see it: tools_test.py PROGRAM REPOSITORY.

`emit` prints it; gdb and perf find its names and lines with --profile. Where gdb or perf is not
installed, or may not look, that part says that it was skipped."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
TOP = pathlib.Path(sys.argv[2]).resolve()
QUEENS = TOP / "bench/kernels/queens.rvm"
GCD = TOP / "examples/gcd.rvm"
SANITIZED = "dev" in PROGRAM.parts


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {**os.environ, "ROSETTAVM_STORE": str(self.folder / "store.db"),
                            "XDG_CACHE_HOME": str(self.folder), "NO_COLOR": "1"}

    def call(self, *words, status=0):
        done = subprocess.run([str(word) for word in words], capture_output=True, timeout=300,
                              cwd=self.folder, env=self.environment)
        text = done.stdout.decode(errors="replace")
        messages = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, status, text + messages)
        return text, messages

    def emit(self, *words, status=0):
        return self.call(PROGRAM, "emit", *words, status=status)

    def line_of(self, text):
        lines = QUEENS.read_text().splitlines()
        return 1 + next(i for i, line in enumerate(lines) if text in line)


class Emit(Case):
    def test_llvm(self):
        text, _ = self.emit("--to", "llvm", QUEENS)
        self.assertRegex(text, r"define .*@place\.[0-9a-f]{8}\(")
        self.assertRegex(text, r"(?m)^target triple = ")
        self.assertNotIn("!DILocation", text)

    def test_asm(self):
        text, _ = self.emit("--to", "asm", QUEENS)
        self.assertRegex(text, r"(?m)^place\.[0-9a-f]{8}:")
        self.assertNotIn(".debug_", text)

    def test_the_same_each_time(self):
        for form in "llvm", "asm":
            self.assertEqual(self.emit("--to", form, GCD), self.emit("--to", form, GCD))

    def test_entry_and_fuel(self):
        plain, _ = self.emit("--to", "llvm", GCD, "--entry", "gcd")
        self.assertNotEqual(plain, self.emit("--to", "llvm", GCD)[0])
        self.assertNotEqual(plain, self.emit("--to", "llvm", GCD, "--entry", "gcd", "--fuel")[0])

    def test_output_and_json(self):
        text, _ = self.emit("--to", "asm", GCD)
        self.assertEqual(self.emit("--to", "asm", GCD, "-o", "gcd.s"), ("", ""))
        self.assertEqual((self.folder / "gcd.s").read_text(), text)
        report = json.loads(self.emit("--to", "asm", GCD, "--json")[0])
        self.assertEqual(report, {"to": "asm", "text": text})

    def test_wrong(self):
        self.assertIn("llvm, asm or ptx", self.emit("--to", "wasm", GCD, status=2)[1])
        self.assertIn("no function `nothing`",
                      self.emit("--to", "asm", GCD, "--entry", "nothing", status=3)[1])
        self.emit("--to", "asm", GCD, "-o", "nowhere/x.s", status=4)

    def test_without_the_compiler(self):
        alone = self.folder / "bin" / "rosettavm"
        alone.parent.mkdir()
        shutil.copy(PROGRAM, alone)
        _, messages = self.call(alone, "emit", "--to", "asm", GCD, status=4)
        self.assertIn("the compiler is not installed", messages)


class Profile(Case):
    @staticmethod
    def left():
        """What a profiled run leaves for perf, where perf looks for it."""
        return {path for path in pathlib.Path("/tmp").iterdir()
                if re.fullmatch(r"jit-\d+\.dump|perf-\d+\.map", path.name)}

    def setUp(self):
        super().setUp()
        before = self.left()
        self.addCleanup(lambda: [path.unlink() for path in self.left() - before])

    def run_profiled(self, *sizes):
        return [PROGRAM, "run", "--profile", QUEENS, *sizes]

    def test_what_it_does_not_go_with(self):
        for words in ["--engine", "interp"], ["--trace"]:
            self.call(PROGRAM, "run", "--profile", *words, GCD, 4, 6, status=2)

    def test_nothing_is_kept(self):
        self.call(*self.run_profiled(6, 1))
        self.assertFalse((self.folder / "rosettavm").exists())

    @unittest.skipUnless(shutil.which("gdb"), "skipped: gdb is not installed")
    @unittest.skipIf(SANITIZED, "skipped: gdb on the sanitized program")
    def test_gdb(self):
        line = self.line_of("call place")
        commands = ["set breakpoint pending on", f"break {QUEENS.name}:{line}", "run", "bt",
                    "continue 2", "bt"]
        words = [word for command in commands for word in ("-ex", command)]
        text, messages = self.call("gdb", "-nx", "-batch", *words, "--args",
                                   *self.run_profiled(6, 3))
        if "ptrace" in text + messages and "Breakpoint 1, " not in text:
            self.skipTest("skipped: gdb may not run a program here")
        self.assertRegex(text, rf"Breakpoint 1, place\.[0-9a-f]{{8}} \(\) at .*queens\.rvm:{line}")
        self.assertRegex(text, rf"#1 .* in place\.[0-9a-f]{{8}} \(\) at .*queens\.rvm:{line}")
        self.assertIn("rosetta_native_enter", text)

    @unittest.skipUnless(shutil.which("perf"), "skipped: perf is not installed")
    def test_perf(self):
        data, injected = self.folder / "perf.data", self.folder / "injected.data"
        record = subprocess.run(
            ["perf", "record", "-q", "-k", "mono", "-e", "cpu-clock", "-o", str(data),
             *map(str, self.run_profiled(10, 300))],
            capture_output=True, cwd=self.folder, env=self.environment, timeout=300)
        if record.returncode != 0:
            self.skipTest("skipped: perf may not record here")
        report, _ = self.call("perf", "report", "-i", data, "--stdio")
        self.assertRegex(report, r"place\.[0-9a-f]{8}")
        self.call("perf", "inject", "--jit", "-i", data, "-o", injected)
        annotated, _ = self.call("perf", "annotate", "-i", injected, "--stdio", "-l")
        self.assertIn("queens.rvm:", annotated)


unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
