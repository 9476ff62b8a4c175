#!/usr/bin/env python3
"""PTX as a text, and as ptxas takes it: ptx_test.py PROGRAM REPOSITORY [--rewrite]

Of every example, kernel and case: nothing that rounds otherwise than the language says. ptxas, where
it is installed, compiles them all for three generations of devices; nothing may be spilled, and on
sm_90 no function of ptx.json takes more registers than it says there. The programs of
tests/golden/ptx have their texts there. With --rewrite, figures and texts are held anew."""

import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
REWRITE = sys.argv[3:] == ["--rewrite"]
FIGURES = REPOSITORY / "tests/engine/ptx.json"
GOLDEN = REPOSITORY / "tests/golden/ptx"
PTXAS = shutil.which("ptxas") or shutil.which("ptxas", path="/usr/local/cuda/bin")
DEVICES = ("sm_75", "sm_90", "sm_120")
MEASURED = "sm_90"
# What these may take at most, whatever is held.
MOST_REGISTERS = 40
BARRED = re.compile(r"(factorial|fib|fibonacci|collatz)\.rvm |"
                    r"examples/mandelbrot\.rvm (escape|main)|kernels/mandelbrot\.rvm rounds")
# Of a case file: the others differ in constants mostly.
FIRST_FUNCTIONS = 2
WRONG = {
    "an operation on floats that does not say how it rounds":
        r"\b(add|sub|mul|div|sqrt|mad)\.(?!rn\b)[\w.]*f(32|64)\b",
    "a fused operation": r"\bfma\.",
    "denormals as zero": r"\.ftz\b",
    "an approximation": r"\.(approx|full)\b",
    "an operation that may change a NaN's bits": r"\b(neg|abs|copysign)\.[\w.]*f(32|64)\b",
    "what tasks may not use": r"\.shared\b|\bbar\.|\bvprintf\b|\bmalloc\b|\btrap;",
}


def on_all_processors(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def emit(path, entry):
    words = [PROGRAM, "emit", "--to", "ptx", "--entry", entry, str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def entries():
    for folder in ("examples", "bench/kernels", "tests/cases"):
        for path in sorted((REPOSITORY / folder).glob("*.rvm")):
            names = re.findall(r"^fn (\w+)", path.read_text(), re.MULTILINE)
            if folder == "tests/cases":
                names = names[:FIRST_FUNCTIONS]
            yield from ((path, name) for name in names)


def assemble(text, device):
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(text)
        file.flush()
        return subprocess.run([PTXAS, "-v", f"-arch={device}", "-o", "/dev/null", file.name],
                              capture_output=True, text=True)


class Ptx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        asked = list(entries())
        texts = on_all_processors(lambda each: emit(*each), asked)
        cls.texts = {f"{path.relative_to(REPOSITORY)} {name}": text
                     for (path, name), text in zip(asked, texts)}

    def test_nothing_rounds_otherwise(self):
        golden = {path.name: path.read_text() for path in GOLDEN.glob("*.ptx")}
        self.assertIn("scale.ptx", golden)
        for name, text in {**self.texts, **golden}.items():
            for what, pattern in WRONG.items():
                found = re.search(pattern, text)
                self.assertIsNone(found, f"{name} has {what}: {found and found.group(0)}")

    def test_floats_are_computed(self):
        """So that the patterns above look for what is there."""
        for operation in "add.rn.f64", "mul.rn.f32", "div.rn.f32", "div.rn.f64", "sqrt.rn.f32":
            self.assertTrue(any(operation in text for text in self.texts.values()), operation)

    def test_texts(self):
        for path in sorted(GOLDEN.glob("*.rvm")):
            golden = path.with_suffix(".ptx")
            text = emit(path, "main")
            self.assertEqual(text, emit(path, "main"), "the same input, the same bytes")
            if REWRITE:
                golden.write_text(text)
            held = golden.read_text()
            self.assertEqual(text, held, "".join(difflib.unified_diff(
                held.splitlines(True), text.splitlines(True), str(golden), "now")))

    @unittest.skipIf(PTXAS is None, "ptxas is neither in PATH nor in /usr/local/cuda/bin")
    def test_ptxas(self):
        asked = [(name, device) for name in self.texts for device in DEVICES]
        answers = on_all_processors(
            lambda each: assemble(self.texts[each[0]], each[1]), asked)
        registers = {}
        for (name, device), done in zip(asked, answers):
            said = done.stdout + done.stderr
            self.assertEqual(done.returncode, 0, f"{name} for {device}:\n{said}")
            for spilled in re.findall(r"(\d+) bytes spill", said):
                self.assertEqual(spilled, "0", f"{name} for {device}:\n{said}")
            if device == MEASURED and not name.startswith("tests/"):
                registers[name] = max(map(int, re.findall(r"Used (\d+) registers", said)))
        if REWRITE:
            FIGURES.write_text(json.dumps(registers, indent=2) + "\n")
        held = json.loads(FIGURES.read_text())
        self.assertEqual(sorted(registers), sorted(held), "--rewrite when a function is new")
        for name, count in registers.items():
            self.assertLessEqual(count, held[name], f"{name}: registers")
            if BARRED.search(name):
                self.assertLessEqual(count, MOST_REGISTERS, f"{name}: registers")
        print(f"ptx: {len(self.texts)} kernels for {', '.join(DEVICES)}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
