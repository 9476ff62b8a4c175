#!/usr/bin/env python3
"""Emitted programs, whole: what they print against what `rosettavm par` prints, as C and as CUDA on
a host (a device of 1024 lanes and little memory, so that stacks and fuel have to grow), and what
they say when something is wrong: emit_programs_test.py PROGRAM REPOSITORY."""

import csv
import pathlib
import subprocess
import sys
import tempfile

import tools

EXTRA = """
fn bits(n) -> (f64, f32) {
    local x
    load n push 0x9e3779b97f4a7c15 mul store x
    load x load x push 29 shr_u xor push 0xbf58476d1ce4e5b9 mul tee x
    bits
    load x push 32 shr_u to_i32 bits
    ret
}
fn plain(n) -> (f64, f32) {
    load n push 500 sub to_f64 push 0.001 mul
    load n to_f32 push 1e4 mul
    ret
}
fn powers(n) -> (f64, f32) {
    load n push 52 shl bits
    load n push 23 shl to_i32 bits
    ret
}
fn sums(n) -> (f64, f32, i64, i32) {
    push 1.0 load n push 1 add to_f64 div
    push 1.0 load n push 1 add to_f32 div
    load n push 0x123456789abcdef mul
    load n to_i32 push 0x1234567 mul
    ret
}
fn trapping(n) { push 100 load n push 3 mod push 1 sub div ret }
fn depth(n) {
    load n jumpifnot end
    load n push 1 sub call depth push 1 add ret
end:
    push 0 ret
}
fn deep(n) { load n push 500 mul call depth ret }
fn long(n) {
    local i
loop:
    load i load n push 3_000_000 mul ge jumpif end
    load i push 1 add store i jump loop
end:
    load i ret
}
fn both(a: i32, b: f32, c) -> f32 { load a to_f32 load b mul load c to_f32 add ret }
fn float_index(x: f64) -> f64 { load x push 0.5 mul ret }
fn nothing(n) -> () { ret }
"""

# File, entry, tasks, arguments of `par` and of the program.
RUNS = [
    ("extra", "sums", 100_000, [], []),
    ("extra", "trapping", 1000, [], []),
    ("extra", "deep", 30, [], []),
    ("extra", "long", 8, [], []),
    ("extra", "both", 100, ["-3", "0.1", "@index"], ["-3", "0.1", "@index"]),
    ("extra", "both", 100, ["@index", "inf", "-7"], ["@index", "inf", "-7"]),
    ("extra", "float_index", 1001, ["@index"], []),
    ("extra", "nothing", 3, [], []),
    ("extra", "sums", 0, [], []),
    ("tests/golden/emitted/shapes.rvm", "main", 130, [], []),
    ("examples/factorial.rvm", "factorial", 30, [], []),
    ("bench/kernels/fib.rvm", "main", 20, [], []),
    ("bench/kernels/collatz.rvm", "main", 100, [], []),
    ("bench/kernels/mandelbrot.rvm", "main", 3, ["20", "20", "50"], ["20", "20", "50"]),
    ("examples/even_odd.rvm", "main", 2, [], []),
]
WORDS = ["extra:bits", "extra:plain", "extra:powers"]


class Test:
    def __init__(self, program, repository, folder):
        self.program = program
        self.repository = repository
        self.folder = folder
        self.compilers = tools.Compilers(repository)
        self.environment = tools.environment(folder)
        self.built = {}
        self.failed = 0
        (folder / "extra.rvm").write_text(EXTRA)

    def file(self, name):
        return self.folder / "extra.rvm" if name == "extra" else self.repository / name

    def check(self, what, good, *told):
        if good:
            return
        self.failed += 1
        print(f"wrong: {what}", *told, sep="\n  ")

    def rosettavm(self, *words, fails=False):
        return tools.run([self.program, *words], env=self.environment, fails=fails)

    def build(self, dialect, name, entry, *flags):
        key = (dialect, name, entry, flags)
        if key not in self.built:
            stem = self.folder / f"p{len(self.built)}"
            source = stem.with_suffix("." + dialect)
            self.rosettavm("emit", "--to", dialect, self.file(name), "--entry", entry, "-o", source,
                           *flags)
            build = {"c": self.compilers.clang, "cuda": self.compilers.cuda_on_host}[dialect]
            build(source, stem)
            self.built[key] = stem
        return self.built[key]

    def runs(self, dialect):
        for name, entry, tasks, given, arguments in RUNS:
            par = self.rosettavm("par", self.file(name), "--entry", entry, "-n", tasks, "--", *given,
                                 fails=True)
            built = self.build(dialect, name, entry)
            words = ["--args", *arguments] if arguments else []
            done = tools.run([built, tasks, *words], fails=True)
            self.check(f"{dialect}: {name}: {entry} {tasks} {given}",
                       (done.stdout, done.returncode) == (par.stdout, par.returncode),
                       done.stdout, done.stderr, par.stdout, par.stderr)

    def values(self, dialect):
        """Floats as texts, each task's own."""
        for word in WORDS:
            name, entry = word.split(":")
            out = self.folder / f"{entry}.csv"
            self.rosettavm("par", self.file(name), "--entry", entry, "-n", 2048, "--reduce", "none",
                           "--out", out)
            with open(out, encoding="utf-8") as file:
                expected = [row for row in csv.reader(file)][1:]
            done = tools.run([self.build(dialect, name, entry), 2048, "--all"])
            found = [line.split(" ") for line in done.stdout.splitlines()]
            self.check(f"{dialect}: {word}: number of lines", len(found) == len(expected) == 2048)
            for row, line in zip(expected, found):
                values = [cell for cell in row if cell not in ("none", "ok")][-2:]
                if values != line[2:]:
                    self.check(f"{dialect}: {word}", False, row, line)
                    break

    def says(self, what, words, status, *told, **environment):
        done = tools.run(words, fails=True, env={**self.environment, **environment})
        text = done.stdout + done.stderr
        self.check(what, done.returncode == status and all(each in text for each in told),
                   done.returncode, text)

    def messages(self):
        for dialect in ("c", "cuda"):
            sums = self.build(dialect, "extra", "sums")
            both = self.build(dialect, "extra", "both")
            trapping = self.build(dialect, "extra", "trapping")
            self.says("help", [sums, "--help"], 0, "usage:", "--max-depth")
            self.says("option", [sums, "--speed"], 2, "`--speed`", "usage:")
            self.says("count", [sums, "12x"], 2, "`12x`")
            self.says("missing", [sums, "--fuel"], 2, "`--fuel`")
            self.says("arguments", [both, "--args", "1", "2"], 2, "`--args`")
            self.says("literal", [both, "--args", "1", "x", "2"], 2, "`x`")
            self.says("range", [both, "--args", "5000000000", "1", "2"], 2, "`5000000000`")
            self.says("traps", [trapping, "5"], 1, "2 of 5 tasks trapped",
                      "2 integer-divide-by-zero", "first is task 1")
            self.says("all", [trapping, "2", "--all"], 1, "0 ok -100\n1 integer-divide-by-zero\n")
            self.says("times", [sums, "5", "--time"], 0, "read results")
            self.says("fuel", [self.build(dialect, "extra", "long"), "2", "--fuel", "2999999"], 1,
                      "1 out-of-fuel", "first is task 1")
            self.says("depth", [self.build(dialect, "extra", "deep"), "2", "--max-depth", "500"], 1,
                      "1 call-depth-exceeded", "first is task 1")
        sums = self.build("cuda", "extra", "sums")
        self.says("no device", [sums], 4, "no device was found", FAKE_CUDA_NONE="1")
        self.says("launch", [sums], 4, "the kernel failed: as the test wants it",
                  FAKE_CUDA_FAILS="1")
        self.says("which device", [sums, "--device", "7"], 2, "there is no device 7")
        depth = self.build("cuda", "extra", "depth")
        self.says("memory", [depth, "1", "--args", "2000000", "--max-depth", "10000000"], 4,
                  "tasks want more than", "1 of them, the first is task 0", "--max-depth")

    def native(self):
        for dialect in ("c", "cuda"):
            fib = self.build(dialect, "bench/kernels/fib.rvm", "main", "--native-recursion")
            self.says("native recursion", [fib, "--args", "15"], 0, "610\n")
            self.says("its depth", [fib, "--args", "15", "--max-depth", "9"], 1,
                      "1 call-depth-exceeded")
        self.says("OpenCL", [self.program, "emit", "--to", "opencl", "--native-recursion",
                             self.file("bench/kernels/fib.rvm")], 2, "OpenCL has no recursion")
        self.says("tail calls", [self.program, "emit", "--to", "c", "--native-recursion",
                                 self.file("examples/even_odd.rvm")], 2, "--native-recursion")

    def command(self):
        """`rosettavm cuda`: the file that it writes, and where."""
        collatz = self.file("examples/collatz.rvm")
        subprocess.run([self.program, "cuda", collatz], cwd=self.folder, env=self.environment,
                       check=True)
        text = self.rosettavm("emit", "--to", "cuda", collatz).stdout
        self.check("cuda", (self.folder / "collatz.cu").read_text() == text)
        self.check("cuda -o -", self.rosettavm("cuda", collatz, "-o", "-").stdout == text)
        again = self.rosettavm("cuda", collatz, "-o", "-").stdout
        self.check("the same bytes", again == text)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    repository = pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as name:
        test = Test(program, repository, pathlib.Path(name))
        for dialect in ("c", "cuda"):
            test.runs(dialect)
            test.values(dialect)
        test.messages()
        test.native()
        test.command()
        print(f"emitted programs: {len(test.built)} built, {test.failed} wrong")
        return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
