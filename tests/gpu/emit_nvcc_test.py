#!/usr/bin/env python3
"""Emitted CUDA through nvcc, for real architectures: what ptxas says of registers, stack and spills
is held in nvcc.txt, and bounded on sm_90: emit_nvcc_test.py PROGRAM REPOSITORY [--rewrite]. Nothing
runs: there need be no GPU."""

import pathlib
import random
import re
import sys
import tempfile
import time

import tools

ARCHITECTURES = ["sm_75", "sm_90", "sm_120"]
KERNELS = ["bench/kernels/" + name for name in ("factorial.rvm", "fib.rvm", "collatz.rvm",
                                                "mandelbrot.rvm")]
KERNELS += ["examples/" + name for name in ("factorial.rvm", "fibonacci.rvm", "collatz.rvm",
                                            "mandelbrot.rvm")]
MOST_REGISTERS = 40  # on sm_90
# Two divisions of f64 in a row, whose code takes as many by itself, over eight live values.
EXCEPT = {"bench/kernels/mandelbrot.rvm": 41}
UNFUSED = """
fn main(x: f32, y: f64) -> (f32, f64) {
    load x load x mul load x add
    load y load y mul load y add
    ret
}
"""


def large(components=10, members=20):
    """Many functions that call each other, in components of `members`."""
    choose = random.Random(1)
    text = ""
    for component in range(components):
        for member in range(members):
            callees = [f"f{component}_{(member + 1) % members}"]
            callees += [f"f{component}_{choose.randrange(members)}" for _ in range(2)]
            text += f"fn f{component}_{member}(n, x) {{\n    load n push 0 le jumpif end\n"
            text += "    load x\n"
            for step, callee in enumerate(callees):
                text += f"    load n push {step + 1} sub load x push {choose.randrange(99)} xor "
                text += f"call {callee} add\n"
            text += f"    ret\nend:\n    load x push {choose.randrange(999)} mul ret\n}}\n"
    calls = "".join(f"    load n push 5 rem_s load s call f{c}_0 store s\n"
                    for c in range(components)).replace("rem_s", "mod")
    return text + "fn main(n) {\n    local s\n" + calls + "    load s ret\n}\n"


class Test:
    def __init__(self, program, repository, folder):
        self.program = program
        self.repository = repository
        self.folder = folder
        self.nvcc = tools.need("nvcc")
        self.failed = 0

    def emit(self, file):
        source = self.folder / "program.cu"
        tools.run([self.program, "emit", "--to", "cuda", file, "-o", source],
                  env=tools.environment(self.folder))
        return source

    def compile(self, source, *flags):
        done = tools.run([self.nvcc, *flags, "-o", self.folder / "out", source])
        return done.stdout + done.stderr

    def wrong(self, text):
        self.failed += 1
        print("wrong: " + text)

    def figures(self, file):
        """A line for each architecture."""
        source = self.emit(self.repository / file)
        for architecture in ARCHITECTURES:
            said = self.compile(source, f"-arch={architecture}", "-cubin", "-Xptxas", "-v")
            registers = int(re.search(r"Used (\d+) registers", said)[1])
            stack, stores, loads = map(int, re.search(
                r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads",
                said).groups())
            if stores or loads:
                self.wrong(f"{file} on {architecture}: spills")
            if "cannot be" in said or "warning" in said:
                self.wrong(f"{file} on {architecture}: {said}")
            most = EXCEPT.get(file, MOST_REGISTERS)
            if architecture == "sm_90" and registers > most:
                self.wrong(f"{file}: {registers} registers, at most {most}")
            yield f"{file} {architecture}: {registers} registers, {stack} bytes of stack\n"

    def unfused(self):
        path = self.folder / "unfused.rvm"
        path.write_text(UNFUSED)
        ptx = self.folder / "out"
        self.compile(self.emit(path), "-ptx", "-arch=sm_90")
        text = ptx.read_text()
        if "fma" in text or "mul.rn.f64" not in text:
            self.wrong("products and sums are fused")

    def whole(self):
        """As users call it."""
        said = self.compile(self.emit(self.repository / "tests/golden/emitted/shapes.rvm"))
        if said:
            self.wrong("nvcc says: " + said)

    def large(self):
        path = self.folder / "large.rvm"
        path.write_text(large())
        source = self.emit(path)
        begin = time.monotonic()
        said = self.compile(source, "-arch=sm_90", "-cubin", "-Xptxas", "-v")
        print(f"200 functions in components of 20: {time.monotonic() - begin:.1f} s")
        if "cannot be" in said:
            self.wrong("the stack of 200 functions: " + said)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    repository = pathlib.Path(sys.argv[2]).resolve()
    golden = repository / "tests" / "gpu" / "nvcc.txt"
    with tempfile.TemporaryDirectory() as name:
        test = Test(program, repository, pathlib.Path(name))
        version = re.search(r"release (\S+),", tools.run([test.nvcc, "--version"]).stdout)[1]
        found = f"nvcc {version}\n" + "".join(
            line for file in KERNELS for line in test.figures(file))
        if "--rewrite" in sys.argv:
            golden.write_text(found)
        held = golden.read_text()
        if held.splitlines()[0] != found.splitlines()[0]:
            print(f"the figures are of {held.splitlines()[0]}, and this is nvcc {version}")
        elif held != found:
            test.wrong("the figures are not those of nvcc.txt, but:\n" + found)
        test.unfused()
        test.whole()
        test.large()
        print(f"nvcc: {len(KERNELS)} kernels, {test.failed} wrong")
        return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
