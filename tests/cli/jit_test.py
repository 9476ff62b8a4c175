#!/usr/bin/env python3
"""Compiled code from outside: jit_test.py PROGRAM REPOSITORY [TEST…].

Depth, fuel, time limits and Ctrl-C in compiled code; the cache, hit, missed, damaged and out of
reach; a program without its compiler, or with another's.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
COMPILER = PROGRAM.parent.parent / "lib/rosettavm/rosettavm-llvm.so"
EXAMPLES = pathlib.Path(sys.argv[2]).resolve() / "examples"
QUICK = "dev" in PROGRAM.parts  # sanitizers
FINE, TRAPPED, MACHINE, STOPPED = 0, 1, 4, 130
PATIENCE = 60  # seconds, for one command under sanitizers on a busy machine
SOON = 2.5 * (4 if QUICK else 1)  # by then a run with a time limit of 1 s has ended

# Recursion that no compiler makes a loop of.
DEEP = "fn main(n) {\n    load n jumpifnot end\n    load n push 1 sub call main\n" \
       "    load n xor push 3 mul\n    ret\nend:\n    push 0\n    ret\n}\n"
SUM = "fn main(n) {\n    load n jumpifnot end\n    load n load n push 1 sub call main add\n" \
      "    ret\nend:\n    push 0\n    ret\n}\n"
FACTORIAL = EXAMPLES / "factorial.rvm"
ENDLESS = {
    "a loop": "fn main() {\nloop:\n    jump loop\n}\n",
    "a loop with work": "fn main() {\n    local x\nloop:\n    load x push 3 mul push 1 add store x\n"
                        "    push 1 jumpif loop\n    load x ret\n}\n",
    "tail calls": "fn main() { push 1 tailcall there }\nfn there(a) { load a tailcall back }\n"
                  "fn back(a) { load a push 1 add load a tailcall two }\n"
                  "fn two(a, b) { load a tailcall there }\n",
    "a tail call to itself": "fn main() { tailcall main }\n",
    "calls": "fn main() { push 90 call fib ret }\nfn fib(n) {\n"
             "    load n push 2 lt jumpif small\n"
             "    load n push 1 sub call fib load n push 2 sub call fib add ret\n"
             "small:\n    load n ret\n}\n",
}
PRINTING = 'fn main() {\nloop:\n    print "again"\n    jump loop\n}\n'


def deep(n):
    value = 0
    for i in range(1, n + 1):
        value = (value ^ i) * 3 & (1 << 64) - 1
    return value - (1 << 64 if value >> 63 else 0)


class Ended:
    def __init__(self, status, output, messages, seconds=0.0):
        self.status = status
        self.output = output.decode(errors="backslashreplace")
        self.messages = messages.decode(errors="backslashreplace")
        self.seconds = seconds


class Compiled(unittest.TestCase):
    maxDiff = 1500

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.cache = self.folder / "cache"
        self.code = self.cache / "rosettavm/code"

    def file(self, text, name="program.rvm"):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def environment(self, **more):
        result = {**os.environ, "ROSETTAVM_STORE": str(self.folder / "store.db"),
                  "XDG_CACHE_HOME": str(self.cache), "NO_COLOR": "1", **more}
        return {name: value for name, value in result.items() if value is not None}

    def run_jit(self, *words, program=PROGRAM, engine="jit", **more):
        begun = time.monotonic()
        done = subprocess.run([program, "run", "--engine", engine, *map(str, words)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                              env=self.environment(**more), cwd=self.folder)
        return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)

    def expect(self, status, *words, output="", messages="", **more):
        """Runs a command. `output` is all of standard output, or None for anything; `messages` has
        to be in standard error, which has to be empty where nothing is expected there."""
        ended = self.run_jit(*words, **more)
        told = f"{words}: {ended.status} {ended.output[:500]!r} {ended.messages[:1500]!r}"
        self.assertEqual(ended.status, status, told)
        if output is not None:
            self.assertEqual(ended.output, output, told)
        if messages:
            self.assertIn(messages, ended.messages, told)
        elif messages is not None:
            self.assertEqual(ended.messages, "", told)
        return ended


class Limits(Compiled):
    def test_ten_million_deep(self):
        n = 1_000_000 if QUICK else 10_000_000
        self.expect(FINE, self.file(SUM), n, "--max-depth", 2 * n, output=f"{n * (n + 1) // 2}\n")
        self.expect(FINE, self.file(DEEP), n, "--max-depth", 2 * n, output=f"{deep(n)}\n")

    def test_deeper_than_the_limit(self):
        path = self.file(DEEP)
        self.expect(FINE, path, 999_999, output=f"{deep(999_999)}\n")
        ended = self.expect(TRAPPED, path, 1_000_000, messages="trap: call-depth-exceeded in `main`")
        self.assertIn("program.rvm:3:23", ended.messages)
        self.assertIn("… 999968 more calls …", ended.messages)
        self.assertIn("program.rvm:3:23 (15 times)\n", ended.messages)
        self.assertEqual(ended.messages,
                         self.run_jit(path, 1_000_000, engine="interp").messages)

    def test_more_depth_than_memory(self):
        self.expect(MACHINE, self.file(DEEP), 3, "--max-depth", 10**15, messages="--max-depth")

    def test_fuel(self):
        path = self.file(DEEP)
        self.expect(FINE, path, 10, "--fuel", 10, output=f"{deep(10)}\n")
        ended = self.expect(TRAPPED, path, 10, "--fuel", 9, messages="trap: out-of-fuel in `main`")
        self.assertEqual(ended.messages,
                         self.run_jit(path, 10, "--fuel", 9, engine="interp").messages)
        for text in ENDLESS.values():
            self.expect(TRAPPED, self.file(text), "--fuel", 12345, messages="trap: out-of-fuel")

    def test_trap_as_the_interpreter_tells_it(self):
        path = self.file("fn inverse(n) { push 100 load n div ret }\nfn main(n) {\n"
                         "    load n call inverse print\n    load n push 1 sub call main ret\n}\n")
        for words in ([path, 5], [path, 5, "--json"], [FACTORIAL, "--max-depth", 2, "--json"]):
            compiled = self.run_jit(*words)
            interpreted = self.run_jit(*words, engine="interp")
            self.assertEqual(compiled.status, TRAPPED)
            self.assertEqual((compiled.output, compiled.messages),
                             (interpreted.output, interpreted.messages))


class Interrupts(Compiled):
    def test_timeout(self):
        for what, text in ENDLESS.items():
            with self.subTest(what):
                ended = self.expect(TRAPPED, self.file(text), "--timeout", 1,
                                    messages="trap: interrupted in `")
                self.assertLess(ended.seconds, SOON)
                self.assertGreater(ended.seconds, 0.9)

    def test_timeout_while_printing(self):
        ended = self.expect(TRAPPED, self.file(PRINTING), "--timeout", 0.3, output=None,
                            messages="trap: interrupted in `main`")
        self.assertEqual(set(ended.output.splitlines()), {"again"})

    def test_no_time_at_all(self):
        self.expect(TRAPPED, self.file(ENDLESS["a loop"]), "--timeout", 0,
                    messages="trap: interrupted")
        self.expect(FINE, FACTORIAL, "--timeout", 50, output="3628800\n")

    def test_json(self):
        ended = self.expect(TRAPPED, self.file(ENDLESS["a loop"]), "--timeout", 0.2, "--json",
                            output=None)
        report = json.loads(ended.output)
        self.assertEqual((report["trap"], report["function"]), ("interrupted", "main"))
        self.assertEqual(report["instruction"], None)
        self.assertEqual((report["frames"], report["omitted"], report["chain"]), (None, 0, []))

    def test_ctrl_c(self):
        for text in (*ENDLESS.values(), PRINTING):
            with open(self.folder / "out", "wb") as out:
                process = subprocess.Popen([PROGRAM, "run", "--engine", "jit", self.file(text)],
                                           stdout=out, stderr=subprocess.PIPE,
                                           env=self.environment())
                time.sleep(2 if QUICK else 0.3)
                process.send_signal(signal.SIGINT)
                begun = time.monotonic()
                try:
                    _, messages = process.communicate(timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
            self.assertEqual(process.returncode, STOPPED, messages)
            self.assertIn(b"trap: interrupted", messages)
            self.assertLess(time.monotonic() - begun, SOON)

    def test_the_search_for_a_call_chain(self):
        # Compiled, the loop is nothing; the interpreter goes round.
        path = self.file("fn main() {\n    push 0x1000000000000000\n"
                         "x:  push 1 sub dup jumpif x\n    call g ret\n}\n"
                         "fn g(n) { trap }\n")
        trap = "trap: unreachable in `g`"
        ended = self.expect(TRAPPED, path, "--timeout", 1, messages=trap)
        self.assertIn("the calls that led here are not known", ended.messages)
        self.assertLess(ended.seconds, SOON)
        process = subprocess.Popen([PROGRAM, "run", "--engine", "jit", path], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.environment())
        time.sleep(2 if QUICK else 0.3)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, messages = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, STOPPED, messages)
        self.assertIn(trap.encode(), messages)
        self.assertLess(time.monotonic() - begun, SOON)

    def test_what_was_printed_stays(self):
        path = self.file('fn main() {\n    print "begun"\nloop:\n    jump loop\n}\n')
        self.expect(TRAPPED, path, "--timeout", 0.2, output="begun\n", messages="trap: interrupted")


class Cache(Compiled):
    def said(self, *words, **more):
        """What --stats says of where compiled code came from, and the times by stage."""
        ended = self.expect(FINE, FACTORIAL, *words, "--stats", "--json", output=None, **more)
        report = json.loads(ended.output)
        self.assertEqual(report["results"], [{"type": "i64", "value": "3628800"}])
        self.assertEqual(report["stats"]["engine"], "jit")
        return report["stats"]["code"], report["stats"]["milliseconds"]

    def entry(self):
        entries = list(self.code.iterdir())
        self.assertEqual(len(entries), 1)
        return entries[0]

    def test_hit_and_miss(self):
        said, times = self.said()
        self.assertEqual(said, "cache miss: not there; kept now")
        self.assertIn("compile", times)
        said, times = self.said()
        self.assertEqual(said, "cache hit")
        self.assertNotIn("compile", times)
        self.assertNotIn("load compiler", times)
        # Fuel is other code, other limits are not.
        self.assertEqual(self.said("--max-depth", 77)[0], "cache hit")
        self.assertEqual(self.said("--fuel", 1000)[0], "cache miss: not there; kept now")
        self.assertEqual(self.said("--fuel", 500)[0], "cache hit")
        self.assertEqual(len(list(self.code.iterdir())), 2)
        ended = self.expect(FINE, FACTORIAL, "--stats", output="3628800\n", messages="cache hit")
        self.assertRegex(ended.messages, r"(?m)^engine +jit$")
        self.assertRegex(ended.messages, r"(?m)^compiled code +cache hit$")

    def test_no_cache(self):
        self.assertEqual(self.said("--no-cache")[0], "--no-cache")
        self.assertFalse(self.cache.exists())

    def test_damaged(self):
        self.said()
        entry = self.entry()
        whole = entry.read_bytes()
        for damaged in (b"", whole[:100], whole[:-1], whole[:200] + b"\xcc" * (len(whole) - 200),
                        whole.replace(b"RVMCODE1", b"RVMCODE2")):
            entry.write_bytes(damaged)
            self.assertEqual(self.said()[0], "cache miss: damaged; kept now")
            self.assertEqual(entry.read_bytes(), whole)
            self.assertEqual(self.said()[0], "cache hit")
        entry.chmod(0o666)
        self.assertEqual(self.said()[0], "cache miss: not this user's own file; kept now")
        self.assertEqual(self.said()[0], "cache hit")

    def test_folder_out_of_reach(self):
        self.cache.write_text("a file in the folder's place")
        self.assertIn("not kept: cannot write in ", self.said()[0])
        self.cache.unlink()
        self.cache.mkdir()
        self.cache.chmod(0o500)
        self.addCleanup(self.cache.chmod, 0o700)
        said = self.said()[0]
        if os.geteuid() != 0:
            self.assertIn("not kept: cannot write in ", said)

    def test_no_folder_known(self):
        for home in (None, "relative", ""):
            said = self.said(XDG_CACHE_HOME=None, HOME=home)[0]
            self.assertIn("neither XDG_CACHE_HOME nor HOME is set", said)
        self.assertEqual(self.said(XDG_CACHE_HOME=None, HOME=str(self.folder / "home"))[0],
                         "cache miss: not there; kept now")
        self.assertTrue((self.folder / "home/.cache/rosettavm/code").is_dir())
        # As the XDG specification says, a relative folder is as none.
        self.said(XDG_CACHE_HOME="relative", HOME=None)
        self.assertFalse((self.folder / "relative").exists())

    def test_many_at_once(self):
        processes = [subprocess.Popen([PROGRAM, "run", "--engine", "jit", FACTORIAL],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      env=self.environment()) for _ in range(8)]
        for process in processes:
            self.assertEqual(process.communicate(timeout=PATIENCE)[0], b"3628800\n")
        self.entry()

    def test_a_run_that_traps_is_kept_too(self):
        self.expect(TRAPPED, FACTORIAL, "--max-depth", 3, messages="call-depth-exceeded")
        self.assertEqual(self.said()[0], "cache hit")


class Compilers(Compiled):
    def alone(self, compiler):
        """The program elsewhere, beside a file as its compiler, or without one."""
        (self.folder / "bin").mkdir()
        program = self.folder / "bin/rosettavm"
        try:
            os.link(PROGRAM, program)
        except OSError:
            shutil.copy(PROGRAM, program)
        if compiler is not None:
            folder = self.folder / "lib/rosettavm"
            folder.mkdir(parents=True)
            (folder / "rosettavm-llvm.so").write_bytes(compiler)
        return program

    def test_missing(self):
        program = self.alone(None)
        ended = self.expect(MACHINE, FACTORIAL, program=program, messages="not installed")
        self.assertIn(str(self.folder / "lib/rosettavm/rosettavm-llvm.so"), ended.messages)
        self.assertEqual(ended.messages.count("\n"), 1)
        self.expect(FINE, FACTORIAL, program=program, engine="interp", output="3628800\n")
        # What is in the cache needs no compiler.
        self.expect(FINE, FACTORIAL, output="3628800\n")
        self.expect(FINE, FACTORIAL, program=program, output="3628800\n")
        ended = self.expect(MACHINE, FACTORIAL, "--fuel", 9, "--json", program=program,
                            output=None, messages=None)
        self.assertIn("not installed", json.loads(ended.output)["error"])

    def test_broken(self):
        for at, compiler in enumerate((b"", b"no library", COMPILER.read_bytes()[:100_000])):
            with self.subTest(at):
                program = self.alone(compiler)
                self.expect(MACHINE, FACTORIAL, program=program, messages="cannot be loaded")
                self.expect(FINE, FACTORIAL, program=program, engine="interp", output="3628800\n")
                shutil.rmtree(self.folder / "bin")
                shutil.rmtree(self.folder / "lib")

    def test_of_another_build(self):
        # The stamp is the one text that both have.
        bytes_ = COMPILER.read_bytes()
        stamp = (PROGRAM.parent.parent / "src/generated/engine/stamp.h").read_text().split('"')[1]
        self.assertIn(stamp.encode(), bytes_)
        other = bytes_.replace(stamp.encode(), b"x" * len(stamp))
        self.expect(MACHINE, FACTORIAL, program=self.alone(other), messages="another build")


def main():
    names = sys.argv[3:] or None
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names, sys.modules[__name__]) if names else \
        loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"jit: {result.testsRun} tests, {bad} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
