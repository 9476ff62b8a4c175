#!/usr/bin/env python3
"""OpenCL devices from outside: opencl_test.py PROGRAM REPOSITORY [TEST…].

On the first device that OpenCL finds (PoCL, where it is installed): the built-in cases, the examples
and kernels, a million tasks, stragglers, deep recursion, the cache, and what is missing. Under
oclgrind, where it is there: memory that is not the kernel's. Without a device these are skipped by
name; what is said then is tested everywhere."""

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
REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
FINE, TRAPPED, USAGE, MACHINE = 0, 1, 2, 4
PATIENCE = 600  # seconds: PoCL compiles for long, and a sanitizer or a busy machine for longer

PROGRAMS = """
fn main(n) {
    load n push 1000 mod push 999 eq jumpif bad
    load n call down ret
bad:
    push 1 push 0 div ret
}
fn down(n) { load n jumpifnot end load n push 1 sub call down push 1 add ret end: push 0 ret }
fn uneven(n) {
    local k
    push 50 store k
    load n push 1000 mod push 7 ne jumpif loop
    push 50_000 store k
loop:
    load n push 6364136223846793005 mul push 1442695040888963407 add store n
    load k push 1 sub store k
    load k jumpif loop
    load n ret
}
fn mixed(a: i32, b: f32, c: f64, n) -> (f64, i32, f32) {
    load c load n to_f64 mul load b to_f64 add
    load a load n to_i32 xor
    load b sqrt push 3.0 div
    ret
}
fn forever(n) { l: load n push 3 ge jumpif l load n ret }
fn says(n) { load n print load n ret }
"""


def environment(folder, **more):
    """With PoCL's and our caches in a folder of the test's own, and the system's drivers."""
    mine = {name: value for name, value in os.environ.items() if name != "OCL_ICD_VENDORS"}
    return {**mine, "ROSETTAVM_STORE": f"{folder}/store.db", "XDG_CACHE_HOME": f"{folder}/cache",
            "POCL_CACHE_DIR": f"{folder}/pocl", "NO_COLOR": "1", **more}


class Case(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "program.rvm").write_text(PROGRAMS)

    def call(self, *words, before=(), **more):
        ended = subprocess.run([*before, PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder,
                               env=environment(self.folder, **more), check=False)
        return ended

    def stats(self, *words, **more):
        ended = self.call(*words, "--engine", "opencl", "--stats", "--json", **more)
        return json.loads(ended.stdout.splitlines()[-1])


def first_device():
    """Why there is none; nothing where there is one."""
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run([PROGRAM, "run", REPOSITORY / "examples/gcd.rvm", "4", "6",
                                "--engine", "opencl"], capture_output=True, text=True,
                               timeout=PATIENCE, env=environment(folder), check=False)
    return None if ended.returncode == FINE else ended.stderr.strip()


MISSING = first_device()


@unittest.skipIf(MISSING, f"no OpenCL device: {MISSING}")
class OnADevice(Case):
    def same(self, *words):
        """What the device says is what the interpreter says: output, messages, exit status."""
        device = self.call(*words, "--engine", "opencl")
        interp = self.call(*words, "--engine", "interp")
        self.assertEqual((device.returncode, device.stdout, device.stderr),
                         (interp.returncode, interp.stdout, interp.stderr), words)
        return device

    def test_the_built_in_cases(self):
        ended = self.call("test")
        self.assertEqual(ended.returncode, FINE, ended.stderr)
        interp = re.search(r"^interp: (\d+) passed, 0 failed$", ended.stdout, re.M)
        device = re.search(r"^opencl on .+: (\d+) passed, 0 failed$", ended.stdout, re.M)
        self.assertTrue(interp and device, ended.stdout)
        self.assertGreater(int(interp[1]), 10_000)
        self.assertEqual(interp[1], device[1])

    def test_examples_and_kernels(self):
        files = sorted([*(REPOSITORY / "examples").glob("*.rvm"),
                        *(REPOSITORY / "bench/kernels").glob("*.rvm")])
        ended = self.call("test", "--fresh", *files)
        self.assertEqual(ended.returncode, FINE, ended.stderr)
        self.assertRegex(ended.stdout, r"(?m)^opencl on .+: \d+ passed, 0 failed$")
        # What passed on this device is known next time, and is this device's.
        self.call("test", files[0])
        again = self.call("test", "--json", files[0])
        lines = [json.loads(line) for line in again.stdout.splitlines()]
        self.assertEqual(lines[-1]["engine"], "opencl")
        self.assertEqual(lines[-1]["passed"], lines[-1]["cached"])
        self.assertNotEqual(lines[-1]["device"], "")

    def test_a_check_that_fails_is_named(self):
        path = self.folder / "wrong.rvm"
        path.write_text("fn f(n) { push 6 load n div ret }\ncheck f(2) == 4\ncheck f(0) == 1\n"
                        "check f(3) == 2\n")
        ended = self.call("test", "--json", path)
        self.assertEqual(ended.returncode, TRAPPED)
        failed = [json.loads(line) for line in ended.stdout.splitlines()]
        failed = [(each["line"], each["got"]) for each in failed if each.get("failed") == "opencl"]
        self.assertEqual(failed, [(2, "== 3"), (3, "traps integer-divide-by-zero")])

    def test_a_million_tasks(self):
        self.assertEqual(
            self.same("par", REPOSITORY / "examples/factorial.rvm", "--entry", "factorial", "10",
                      "-n", "1000000").stdout, "3628800000000\n")

    def test_columns_of_all_types(self):
        words = ("par", "program.rvm", "--entry", "mixed", "0..1000", "-1.0..1.0", "2.5", "@index",
                 "-n", "1000", "--out")
        for engine in "opencl", "interp":
            ended = self.call(*words, f"{engine}.csv", "--engine", engine)
            self.assertEqual(ended.returncode, FINE, ended.stderr)
        self.assertEqual((self.folder / "opencl.csv").read_bytes(),
                         (self.folder / "interp.csv").read_bytes())

    def test_traps_say_where(self):
        for words in (("run", "program.rvm", "1999"),
                      ("run", "program.rvm", "5000", "--max-depth", "4000"),
                      ("run", "program.rvm", "--entry", "forever", "3", "--fuel", "1000"),
                      ("par", "program.rvm", "0..3000"),
                      ("par", "program.rvm", "--entry", "forever", "0..5", "--fuel", "100_000"),
                      ("par", "program.rvm", "0..3000", "--fail-fast")):
            with self.subTest(words=words):
                self.assertEqual(self.same(*words).returncode, TRAPPED)

    def test_deep_recursion(self):
        self.assertEqual(self.same("run", "program.rvm", "100000").stdout, "100000\n")
        stats = self.stats("run", "program.rvm", "100000")
        self.assertEqual([each["value"] for each in stats["results"]], ["100000"])
        self.assertRegex(stats["stats"]["code"], r"launches [2-9], .*processor ran 0$")
        # As deep as the language goes, and one deeper.
        self.assertEqual(self.same("run", "program.rvm", "999998").returncode, FINE)
        self.assertIn("call-depth-exceeded", self.same("run", "program.rvm", "1000000").stderr)

    def test_a_task_in_a_thousand_takes_a_thousand_times_longer(self):
        self.same("par", "program.rvm", "--entry", "uneven", "0..20000")
        stats = self.stats("par", "program.rvm", "--entry", "uneven", "0..20000")
        self.assertIn("tasks that ran again 20,", stats["stats"]["code"])

    def test_the_cache(self):
        words = ("run", REPOSITORY / "examples/gcd.rvm", "48", "18")
        fresh = {"XDG_CACHE_HOME": str(self.folder / "fresh")}
        self.assertIn("cache miss: not there; kept now", self.stats(*words, **fresh)["stats"]["code"])
        self.assertIn("cache hit", self.stats(*words, **fresh)["stats"]["code"])
        [entry] = (self.folder / "fresh/rosettavm/code").iterdir()
        whole = entry.read_bytes()
        for damaged in whole[:100], whole[:-1], whole[:200] + b"\xff" + whole[201:], b"":
            entry.write_bytes(damaged)
            stats = self.stats(*words, **fresh)
            self.assertEqual([each["value"] for each in stats["results"]], ["6", "144"])
            self.assertIn("cache miss: damaged; kept now", stats["stats"]["code"])
        self.assertIn("no cache", self.stats(*words, "--no-cache", **fresh)["stats"]["code"])

    def test_devices_are_chosen(self):
        words = ("run", REPOSITORY / "examples/gcd.rvm", "48", "18", "--engine", "opencl")
        name = self.stats(*words[:-2])["stats"]["device"]
        for wanted in "0", name, name[:4].upper():
            self.assertEqual(self.call(*words, "--device", wanted).returncode, FINE, wanted)
        for wanted in "99", "no such device":
            ended = self.call(*words, "--device", wanted)
            self.assertEqual(ended.returncode, USAGE)
            self.assertIn(f"no OpenCL device is `{wanted}`", ended.stderr)
            self.assertIn(name, ended.stderr)

    def test_time_is_limited(self):
        ended = self.call("par", "program.rvm", "--entry", "forever", "0..5", "--timeout", "1",
                          "--engine", "opencl")
        self.assertEqual(ended.returncode, TRAPPED)
        self.assertIn("3 of 5 tasks are done", ended.stderr)

    @unittest.skipUnless(shutil.which("oclgrind"), "oclgrind is not installed")
    def test_no_memory_but_its_own(self):
        # It says what it found in its log; its exit status says nothing.
        log = self.folder / "oclgrind.log"
        before = ["oclgrind", "--log", log, "--build-options", "-cl-opt-disable"]
        for words in (("run", "program.rvm", "300"), ("run", "program.rvm", "1999"),
                      ("par", "program.rvm", "--entry", "mixed", "0..20", "-1.0..1.0", "2.5",
                       "@index", "-n", "20"),
                      ("par", REPOSITORY / "examples/factorial.rvm", "--entry", "factorial",
                       "0..25"),
                      ("par", "program.rvm", "0..40", "--fuel", "30")):
            with self.subTest(words=words):
                log.write_text("")
                ended = self.call(*words, "--engine", "opencl", "--no-cache", before=before)
                interp = self.call(*words, "--engine", "interp")
                self.assertEqual((ended.stdout, ended.stderr), (interp.stdout, interp.stderr))
                self.assertEqual(log.read_text(), "")


class Everywhere(Case):
    def test_what_makes_no_sense(self):
        for words, message in {
            ("run", "program.rvm", "--device", "0"): "--device says where: it needs --engine opencl",
            ("run", "program.rvm", "--engine", "opencl", "--trace"): "--trace interprets",
            ("run", "program.rvm", "--engine", "opencl", "--profile"): "--profile",
            ("run", "program.rvm", "7", "--entry", "says", "--engine", "opencl"): "prints",
        }.items():
            ended = self.call(*words)
            self.assertEqual((ended.returncode, ended.stdout), (USAGE, ""), words)
            self.assertIn(message, ended.stderr)

    def test_without_a_driver(self):
        words = ("run", REPOSITORY / "examples/gcd.rvm", "48", "18")
        nowhere = {"OCL_ICD_VENDORS": str(self.folder / "nowhere")}
        ended = self.call(*words, "--engine", "opencl", **nowhere)
        self.assertEqual((ended.returncode, ended.stdout), (MACHINE, ""))
        self.assertIn("no OpenCL", ended.stderr)
        # All else works, and `test` says nothing of it.
        self.assertEqual(self.call(*words, **nowhere).stdout, "6\n144\n")
        ended = self.call("test", REPOSITORY / "examples/gcd.rvm", **nowhere)
        self.assertEqual((ended.returncode, ended.stderr), (FINE, ""))
        self.assertNotIn("opencl", ended.stdout)

    def test_without_a_loader(self):
        # A library of that name that is none, found first.
        folder = self.folder / "empty"
        folder.mkdir()
        (folder / "libOpenCL.so.1").write_bytes(b"")
        ended = self.call("run", REPOSITORY / "examples/gcd.rvm", "48", "18", "--engine", "opencl",
                          LD_LIBRARY_PATH=str(folder))
        self.assertEqual((ended.returncode, ended.stdout), (MACHINE, ""))
        self.assertIn("no OpenCL was found: ", ended.stderr)
        self.assertIn("libOpenCL.so.1", ended.stderr)
        self.assertIn("ocl-icd-libopencl1", ended.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
