#!/usr/bin/env python3
"""The command line as its users meet it: cli_test.py PROGRAM REPOSITORY [TEST…].

Exit statuses, what goes to which stream, JSON's shapes, figures, colour, and every example that
--help shows. The words of messages are held by tests/golden, the manual's examples by tests/docs.
"""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
EXAMPLES = REPOSITORY / "examples"
COMMANDS = ["run", "test", "hash", "show", "fmt"]
STORE = [f"store {name}" for name in
         ("add", "names", "show", "deps", "dependents", "diff", "rename", "forget", "pin", "log",
          "undo", "verify", "gc", "export", "import")]
FINE, TRAPPED, USAGE, WRONG, MACHINE, STOPPED = 0, 1, 2, 3, 4, 130
PATIENCE = 60  # seconds, for one command under sanitizers on a busy machine

LOOP = "fn main() {\nloop:\n    jump loop\n}\n"
PRINTING = 'fn main() {\nloop:\n    print "again"\n    jump loop\n}\n'
ONE = "fn main() {\n    push 1\n    ret\n}\n"
MIXED = "fn main() {\n    push 2\n    push 1.5\n    add\n    ret\n}\n"
TRAPS = "fn main() {\n    push 1\n    push 0\n    div\n    ret\n}\n"
TYPES = "fn main(a, b: i32, x: f64, y: f32) -> (i64, i32, f64, f32) {\n" \
        "    load a\n    load b\n    load x\n    load y\n    ret\n}\n"

# BLAKE3's published vectors: inputs of this many bytes, each its index modulo 251.
BLAKE3 = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    2048: "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
    2049: "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
    8192: "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63",
    31744: "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47",
    102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
}


def environment(**more):
    result = {**os.environ, **more}
    if "NO_COLOR" not in more:
        result.pop("NO_COLOR", None)
    return result


class Ended:
    def __init__(self, status, output, messages):
        self.status = status
        self.output = output.decode(errors="backslashreplace")
        self.messages = messages.decode(errors="backslashreplace")


class CommandLine(unittest.TestCase):
    maxDiff = 1500

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, text, name="program.rvm"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def call(self, *words, stdin=b"", cwd=None, **more):
        more = {"ROSETTAVM_STORE": str(self.folder / "store.db"), **more}
        done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, cwd=cwd or self.folder,
                              env=environment(**more), timeout=PATIENCE, capture_output=True)
        return Ended(done.returncode, done.stdout, done.stderr)

    def expect(self, status, *words, output="", messages="", **more):
        """Runs a command. `output` is all of standard output, or None for anything; `messages` has
        to be in standard error, which has to be empty where nothing is expected there."""
        ended = self.call(*words, **more)
        told = f"{words}: {ended.output[:500]!r} {ended.messages[:500]!r}"
        self.assertEqual(ended.status, status, told)
        if output is not None:
            self.assertEqual(ended.output, output, told)
        if messages:
            self.assertIn(messages, ended.messages, told)
        else:
            self.assertEqual(ended.messages, "", told)
        return ended

    def json(self, status, *words, **more):
        """All lines of a command with --json, parsed; nothing may be on standard error."""
        ended = self.expect(status, *words, "--json", output=None, **more)
        self.assertTrue(ended.output.endswith("\n"), ended.output)
        lines = [json.loads(line) for line in ended.output.splitlines()]
        for line in lines:
            self.assertIsInstance(line, dict)
        return lines


class Statuses(CommandLine):
    def test_fine(self):
        self.expect(FINE, "run", EXAMPLES / "factorial.rvm", output="3628800\n")
        self.expect(FINE, "test", EXAMPLES / "gcd.rvm", output="interp: 10 passed, 0 failed\njit: 10 passed, 0 failed\n")
        self.expect(FINE, "show", self.file(ONE), output="fn main() -> i64 {\n    push 1\n    ret\n}\n")
        self.expect(FINE, "fmt", self.file(ONE), output=ONE)
        self.expect(FINE, "fmt", "--check", self.file(ONE))
        self.expect(FINE, "--version", output=None)

    def test_standard_input(self):
        self.expect(FINE, "run", "-", stdin=ONE.encode(), output="1\n")
        self.expect(WRONG, "run", "-", stdin=MIXED.encode(), messages="-:4:5: error:")
        self.expect(WRONG, "run", "-", messages="no function")
        self.expect(FINE, "show", "-", stdin=ONE.encode(), output=None)
        self.expect(FINE, "fmt", "-", stdin=ONE.encode(), output=ONE)
        self.expect(FINE, "test", "-", stdin=ONE.encode(), output="interp: 0 passed, 0 failed\njit: 0 passed, 0 failed\n",
                    messages="-: no check lines")

    def test_trapped(self):
        self.expect(TRAPPED, "run", self.file(TRAPS), messages="trap: integer-divide-by-zero")
        self.expect(TRAPPED, "run", self.file(LOOP), "--fuel", 5, messages="trap: out-of-fuel")
        self.expect(TRAPPED, "run", EXAMPLES / "factorial.rvm", "--max-depth", 3,
                    messages="trap: call-depth-exceeded")

    def test_timeout(self):
        begun = time.monotonic()
        self.expect(TRAPPED, "run", self.file(LOOP), "--timeout", 0.3, messages="trap: interrupted")
        self.assertGreater(time.monotonic() - begun, 0.25)
        self.expect(FINE, "run", self.file(ONE), "--timeout", 50, output="1\n")
        self.expect(TRAPPED, "run", self.file(LOOP), "--timeout", 0, messages="trap: interrupted")
        for wrong in "-1", "nan", "x", "", "1e10":
            with self.subTest(wrong):
                self.expect(USAGE, "run", self.file(ONE), "--timeout", wrong, messages="--timeout")

    def test_failed_check(self):
        path = self.file(ONE + "check main() == 2\ncheck main() == 1\n")
        self.expect(TRAPPED, "test", path, output="interp: 1 passed, 1 failed\njit: 1 passed, 1 failed\n",
                    messages=f"{path}:5:1: check failed")
        path = self.file("fn  main( ) { push 1 ret }\n")
        self.expect(TRAPPED, "fmt", "--check", path, output=f"{path} is not formatted\n")

    def test_one_wrong_file_of_several(self):
        wrong, fine = self.file(MIXED, "wrong.rvm"), self.file(ONE + "check main() == 1\n", "fine.rvm")
        self.expect(WRONG, "test", wrong, fine, output="interp: 1 passed, 0 failed\njit: 1 passed, 0 failed\n", messages="error")
        self.expect(MACHINE, "test", "--fresh", fine, self.folder / "none.rvm", fine,
                    output="interp: 2 passed, 0 failed\njit: 2 passed, 0 failed\n", messages="none.rvm")
        failing = self.file(ONE + "check main() == 2\n", "failing.rvm")
        self.expect(WRONG, "test", "--fresh", failing, wrong, fine, output="interp: 1 passed, 1 failed\njit: 1 passed, 1 failed\n",
                    messages="check failed")

    def test_a_halt_that_does_not_fit_keeps_the_other_checks(self):
        path = self.file("fn stop() -> f64 {\n    push 1.5\n    halt\n}\n"
                         "fn main() {\n    call stop\n    pop\n    push 1\n    ret\n}\n"
                         "check stop() == 1.5\ncheck main() == 1\n")
        self.expect(WRONG, "test", path, output="interp: 1 passed, 0 failed\njit: 1 passed, 0 failed\n", messages="`halt`")

    def test_usage(self):
        for words, messages in (
                ("", "rosettavm"), ("rn", "did you mean `run`?"), ("xyzzy", "there is no command `xyzzy`"),
                ("run", "PROGRAM"), ("show", "PROGRAM"), ("fmt", "FILE"), ("hash", "INPUT"),
                ("run --fule 3 x.rvm", "did you mean `--fuel`?"), ("run --fule=3 x.rvm", "did you mean `--fuel`?"),
                ("run x.rvm --enrty=f", "did you mean `--entry`?"), ("fmt --chekc x.rvm", "did you mean `--check`?"),
                ("--hepl", "did you mean `--help`?"), ("--json run x.rvm", "--json"), ("run x.rvm -x", "`-x`"),
                ("fmt --check --write x.rvm", "--check")):
            with self.subTest(words):
                self.expect(USAGE, *words.split(), messages=messages)

    def test_numbers_of_options(self):
        path = self.file(ONE)
        for option in "--fuel", "--max-depth":
            for wrong in "x", "", "-1", "1.5", "0x", str(2**64), "1e3":
                with self.subTest(option=option, value=wrong):
                    self.expect(USAGE, "run", path, option, wrong, messages=option)
                    self.expect(USAGE, "run", path, f"{option}={wrong}", messages=option)
            for right in "0", "1", str(2**63):
                if option == "--fuel":
                    self.expect(FINE, "run", path, option, right, output="1\n")

    def test_the_choices_of_an_option_are_named(self):
        ended = self.expect(USAGE, "run", "x.rvm", "--color", "sometimes", messages="sometimes")
        for choice in "auto", "always", "never":
            self.assertIn(choice, ended.messages)

    def test_arguments(self):
        path = self.file(TYPES)
        fine = lambda *words: self.expect(FINE, "run", path, *words, output=None).output.split()
        self.assertEqual(fine(1, 2, 3, 4), ["1", "2", "3.0", "4.0"])
        self.assertEqual(fine(-1, -2, -3.5, -4), ["-1", "-2", "-3.5", "-4.0"])
        self.assertEqual(fine("0xffffffffffffffff", "0x80000000", "inf", "-inf"),
                         ["-1", "-2147483648", "inf", "-inf"])
        self.assertEqual(fine("-9223372036854775808", "1_000", "nan", "-nan"),
                         ["-9223372036854775808", "1000", "nan", "-nan"])
        self.assertEqual(fine("1i64", "2i32", "3f64", "4f32"), ["1", "2", "3.0", "4.0"])
        self.assertEqual(fine("1", "2", "nan:0x123", "-nan:0x7"), ["1", "2", "nan:0x123", "-nan:0x7"])
        self.assertEqual(fine("1", "2", "-0", "-0.0"), ["1", "2", "-0.0", "-0.0"])
        self.assertEqual(fine("1", "2", "0x1.8p3", "-1e-9"), ["1", "2", "12.0", "-1e-09"])
        for words in [], [1, 2, 3], [1, 2, 3, 4, 5], ["x", 2, 3, 4], ["", 2, 3, 4], [1.5, 2, 3, 4], \
                [2**63, 2, 3, 4], [-2**63 - 1, 2, 3, 4], [1, 2**31, 3, 4], [1, 2, "x", 4], [1, 2, 3, "1e39"], \
                ["1f64", 2, 3, 4], ["nan", 2, 3, 4], ["-", 2, 3, 4], ["--", 1, 2, 3], [" 1", 2, 3, 4], ["1 ", 2, 3, 4]:
            self.expect(USAGE, "run", path, *words, messages="main")

    def test_options_stand_anywhere(self):
        for words in ["--fuel", "9", EXAMPLES / "gcd.rvm", "48", "-18"], \
                [EXAMPLES / "gcd.rvm", "--fuel", "9", "48", "-18"], \
                [EXAMPLES / "gcd.rvm", "48", "-18", "--fuel=9"], \
                ["--fuel", "9", "--", EXAMPLES / "gcd.rvm", "48", "-18"]:
            self.expect(FINE, "run", *words, output="6\n144\n")

    def test_words_that_look_like_negative_numbers(self):
        self.file(ONE, "-1.rvm")
        self.file("abc", "-1")
        digest = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        text = self.expect(FINE, "hash", "--text=-5", output=None).output
        for output, words in ("1\n", "run -1.rvm"), (ONE, "fmt -1.rvm"), \
                ("fn main() -> i64 {\n    push 1\n    ret\n}\n", "show -1.rvm"), \
                ("interp: 0 passed, 0 failed\njit: 0 passed, 0 failed\n", "test -1.rvm"), (f"{digest}  -1\n", "hash -1"), \
                (text, "hash --text -5"):
            with self.subTest(words):
                messages = "no check lines" if words.startswith("test") else ""
                self.expect(FINE, *words.split(), output=output, messages=messages)
        with self.subTest("--entry"):
            self.expect(WRONG, "run", "-1.rvm", "--entry", "-1", messages="`-1`")

    def test_wrong_program(self):
        for command in "run", "show", "fmt", "test":
            output = "interp: 0 passed, 0 failed\njit: 0 passed, 0 failed\n" if command == "test" else ""
            self.expect(WRONG, command, self.file(MIXED), output=output, messages=":4:5: error:")
        self.expect(WRONG, "run", self.file(""), messages="no function")
        self.expect(FINE, "fmt", self.file(""))
        self.expect(FINE, "show", self.file(""))
        self.expect(WRONG, "run", self.file(ONE), "--entry", "mian", messages="did you mean `main`?")
        self.expect(WRONG, "run", self.file(ONE), "--entry", "", messages="no function")

    def test_wrong_machine(self):
        for command in COMMANDS:
            output = "interp: 0 passed, 0 failed\njit: 0 passed, 0 failed\n" if command == "test" else ""
            for path in self.folder / "none.rvm", self.folder, "/", "", "/dev/null/x", "x" * 5000:
                self.expect(MACHINE, command, path, output=output, messages="rosettavm: cannot read")
        if os.geteuid() != 0:
            path = self.file(ONE)
            os.chmod(path, 0)
            self.expect(MACHINE, "run", path, messages="Permission denied")

    def test_output_that_cannot_be_written(self):
        commands = {"run": ["run", EXAMPLES / "factorial.rvm"], "json": ["run", EXAMPLES / "gcd.rvm", 1, 2, "--json"],
                    "show": ["show", EXAMPLES / "gcd.rvm"], "fmt": ["fmt", EXAMPLES / "gcd.rvm"],
                    "text": ["hash", "--text", "x"],
                    "test": ["test", EXAMPLES / "gcd.rvm"], "help": ["--help"], "command": ["run", "--help"],
                    "version": ["--version"]}
        for name, words in commands.items():
            with self.subTest(name), open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *map(str, words)], stdout=full, stderr=subprocess.PIPE,
                                      timeout=PATIENCE)
                self.assertEqual(done.returncode, MACHINE)
                self.assertIn(b"cannot write standard output", done.stderr)
        done = subprocess.run([PROGRAM, "run", str(EXAMPLES / "factorial.rvm")], stderr=subprocess.PIPE,
                              preexec_fn=lambda: os.close(1), timeout=PATIENCE)
        self.assertEqual(done.returncode, MACHINE)

    def test_endless_output_that_cannot_be_written_ends(self):
        with open("/dev/full", "wb") as full:
            process = subprocess.Popen([PROGRAM, "run", self.file(PRINTING)], stdout=full,
                                       stderr=subprocess.PIPE)
            try:
                _, messages = process.communicate(timeout=3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.fail("still running after 3 s, though nothing that it prints arrives")
            self.assertEqual(process.returncode, MACHINE, messages)

    def test_a_reader_that_goes_away(self):
        process = subprocess.Popen([PROGRAM, "run", self.file(PRINTING)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"again\n")
        process.stdout.close()
        self.addCleanup(process.stderr.close)
        self.assertIn(process.wait(timeout=PATIENCE), (-signal.SIGPIPE, MACHINE))


class CtrlC(CommandLine):
    def interrupted(self, *words, stdin=subprocess.DEVNULL, after=0.4, ready=None):
        process = subprocess.Popen([PROGRAM, *words], stdin=stdin, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        if ready is not None:
            self.assertEqual(process.stdout.readline(), ready)
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        try:
            output, messages = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Ended(process.returncode, output, messages)

    def test_run(self):
        ended = self.interrupted("run", self.file(LOOP))
        self.assertEqual(ended.status, STOPPED)
        self.assertEqual(ended.output, "")
        self.assertIn("trap: interrupted", ended.messages)

    def test_what_was_printed_stays(self):
        path = self.file('fn main() {\n    print "begun"\nloop:\n    jump loop\n}\n')
        ended = self.interrupted("run", path)
        self.assertEqual((ended.status, ended.output), (STOPPED, "begun\n"))

    def test_json_and_stats(self):
        ended = self.interrupted("run", self.file(LOOP), "--json", "--stats", "--engine", "interp")
        self.assertEqual((ended.status, ended.messages), (STOPPED, ""))
        report = json.loads(ended.output)
        self.assertEqual(report["trap"], "interrupted")
        self.assertGreater(report["stats"]["executed"], 0)

    def test_trace(self):
        # Nobody reads while it writes, so that its pipe is full when the signal comes.
        self.assertEqual(self.interrupted("run", self.file(LOOP), "--trace").status, STOPPED)

    def test_test(self):
        path = self.file(LOOP + "check main() == 1\n")
        ended = self.interrupted("test", path)
        self.assertEqual(ended.status, STOPPED)
        self.assertIn("interp: ", ended.output)  # what is known so far

    def test_while_reading(self):
        reader, writer = os.pipe()
        try:
            # There is nothing to tell yet: the signal may well end the process.
            self.assertIn(self.interrupted("run", "-", stdin=reader).status, (STOPPED, -signal.SIGINT))
        finally:
            os.close(reader)
            os.close(writer)


class Streams(CommandLine):
    def test_results_and_prints_are_on_standard_output(self):
        path = self.file('fn main() -> (i64, f64) {\n    print "text"\n    push 7 print\n'
                         "    push 1\n    push 0.1\n    ret\n}\n")
        self.expect(FINE, "run", path, output="text\n7\n1\n0.1\n")

    def test_a_trap_is_on_standard_error(self):
        path = self.file('fn main() {\n    print "before"\n    trap\n}\n')
        self.expect(TRAPPED, "run", path, output="before\n", messages="trap: unreachable")

    def test_order_in_one_file(self):
        path = self.file('fn main() {\n    print "before"\n    trap\n}\n')
        done = subprocess.run([PROGRAM, "run", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE)
        self.assertTrue(done.stdout.startswith(b"before\n"), done.stdout)

    def test_warnings_are_on_standard_error(self):
        path = self.file("fn main() {\n    push 1\n    ret\n    nop\n}\n")
        self.expect(FINE, "run", path, output="1\n", messages="warning")

    def test_no_results(self):
        self.expect(FINE, "run", self.file("fn main() -> () {\n    ret\n}\n"))

    def test_trace(self):
        ended = self.expect(FINE, "run", EXAMPLES / "factorial.rvm", "--trace", output="3628800\n",
                            messages="i64.mul")
        lines = ended.messages.splitlines()
        for line in lines:
            self.assertRegex(line, r"^ *\d+ (main|factorial):\d+ line \d+: [a-z0-9._]+( (factorial|-?\d+))*$")
        self.assertRegex(lines[-1], r"halt 3628800$")
        self.assertEqual(max(int(line.split()[0]) for line in lines), 11)

    def test_stats(self):
        ended = self.expect(FINE, "run", EXAMPLES / "factorial.rvm", "--stats", "--engine",
                            "interp", output="3628800\n", messages="engine")
        figures = {}
        for line in ended.messages.splitlines():
            name, value = re.split(r" {2,}", line, maxsplit=1)
            figures[name] = value
        for stage in "read", "assemble", "lower", "prepare", "execute":
            self.assertRegex(figures.pop(stage), r"^\d+\.\d+ ms$")
        self.assertEqual(figures, {"engine": "interp", "instructions written": "16",
                                   "instructions executed": "108", "greatest call depth": "11"})


class AsJson(CommandLine):
    NUMBER = re.compile(r"-?(\d+(\.\d+)?(e[+-]\d+)?|inf|nan(:0x[0-9a-f]+)?)$")

    def shape(self, value, shape):
        """`value` has just these members, of these types."""
        self.assertEqual(set(value), set(shape), value)
        for name, kind in shape.items():
            if isinstance(kind, dict):
                self.shape(value[name], kind)
            elif isinstance(kind, list):
                self.assertIsInstance(value[name], list)
                for each in value[name]:
                    self.shape(each, kind[0])
            else:
                self.assertIs(type(value[name]), kind, value)

    PLACE = {"function": str, "instruction": int, "file": str, "line": int, "column": int}
    TRAP = {"trap": str, **PLACE, "hash": str, "frames": int, "omitted": int, "chain": [PLACE]}
    STATS = {"engine": str, "milliseconds": dict.fromkeys(
        ["read", "assemble", "lower", "prepare", "execute"], float), "written": int, "executed": int, "depth": int}

    def test_run(self):
        lines = self.json(FINE, "run", self.file(TYPES), -1, 2, "nan", "-inf")
        self.assertEqual(lines, [{"results": [
            {"type": "i64", "value": "-1"}, {"type": "i32", "value": "2"}, {"type": "f64", "value": "nan"},
            {"type": "f32", "value": "-inf"}]}])
        self.assertEqual(self.json(FINE, "run", self.file("fn main() -> () { ret }")), [{"results": []}])

    def test_print(self):
        path = self.file('fn main() {\n    print "a \\"b\\"\\n\\\\"\n    push 0.5 print\n    push 1\n    ret\n}\n')
        self.assertEqual(self.json(FINE, "run", path), [
            {"print": 'a "b"\n\\'}, {"print": "0.5"}, {"results": [{"type": "i64", "value": "1"}]}])
        self.json(FINE, "run", self.file(b'fn main() { print "caf\xe9 \xff \x01" push 1 ret }'))

    def test_trap(self):
        for words in [self.file(TRAPS)], [EXAMPLES / "factorial.rvm", "--fuel", 3], \
                [EXAMPLES / "factorial.rvm", "--max-depth", 5]:
            [report] = self.json(TRAPPED, "run", *words)
            self.shape(report, self.TRAP)
            self.assertEqual((report["file"], report["omitted"]), (str(words[0]), 0))
            self.assertEqual(report["frames"], len(report["chain"]))
            first = report["chain"][0]
            self.assertEqual(first, {name: report[name] for name in self.PLACE})
        path = self.file("fn main() {\n    call main\n    ret\n}\n")
        [report] = self.json(TRAPPED, "run", path, "--max-depth", 1000)
        self.shape(report, self.TRAP)
        self.assertEqual((report["frames"], report["omitted"], len(report["chain"])), (1000, 968, 32))

    def test_stats(self):
        [report] = self.json(FINE, "run", EXAMPLES / "factorial.rvm", "--stats", "--engine", "interp")
        self.shape(report["stats"], self.STATS)
        figures = report["stats"]
        self.assertEqual((figures["written"], figures["executed"], figures["depth"]), (16, 108, 11))
        [report] = self.json(TRAPPED, "run", EXAMPLES / "factorial.rvm", "--stats", "--fuel", 1,
                             "--engine", "interp")
        self.shape(report.pop("stats"), self.STATS)
        self.shape(report, self.TRAP)

    def test_errors(self):
        place = {"file": str, "line": int, "column": int, "message": str}
        for command in "run", "show", "fmt", "test":
            lines = self.json(WRONG, command, self.file(MIXED))
            report = lines[0]
            self.assertEqual(report["errors"][0].pop("hint"), "`to_f64`")
            self.shape(report, {"errors": [{**place, "notes": [place]}], "warnings": [place],
                                "error_count": int, "warning_count": int})
            self.assertEqual((report["error_count"], len(report["errors"])), (1, 1))
            self.assertEqual(len(lines), 3 if command == "test" else 1)  # a line for each engine
        [report] = self.json(WRONG, "run", self.file("fn main() {\n" + "xyzzy\n" * 50 + "}\n"))
        self.assertEqual((report["error_count"], len(report["errors"])), (50, 20))
        self.json(WRONG, "run", self.file(b"fn main() {\n    \xff\n    caf\xe9\n}\n"))

    def test_errors_without_a_place(self):
        for status, words in (MACHINE, ["run", "none.rvm"]), (MACHINE, ["show", "/"]), \
                (MACHINE, ["fmt", "none.rvm"]), (MACHINE, ["hash", "none"]), \
                (WRONG, ["run", self.file(ONE), "--entry", "f"]), (USAGE, ["run", self.file(ONE), "5"]):
            [report] = self.json(status, *words)
            self.shape(report, {"error": str})

    def test_usage_is_text(self):
        self.expect(USAGE, "run", "--json", messages="PROGRAM")
        self.expect(USAGE, "run", "--json", "--fuel", "x", "y.rvm", messages="--fuel")

    def test_test(self):
        path = self.file(ONE + "check main() == 2\ncheck main() == 1\ncheck main() traps unreachable\n")
        lines = self.json(TRAPPED, "test", path)
        self.assertEqual(lines, [
            {"failed": "interp", "file": path, "line": 5, "wanted": "== 2", "got": "== 1"},
            {"failed": "interp", "file": path, "line": 7, "wanted": "traps unreachable", "got": "== 1"},
            {"failed": "jit", "file": path, "line": 5, "wanted": "== 2", "got": "== 1"},
            {"failed": "jit", "file": path, "line": 7, "wanted": "traps unreachable", "got": "== 1"},
            {"engine": "interp", "passed": 1, "cached": 0, "failed": 2, "left_out": 0},
            {"engine": "jit", "passed": 1, "cached": 0, "failed": 2, "left_out": 0}])

    def test_show_and_fmt(self):
        lines = self.json(FINE, "show", EXAMPLES / "gcd.rvm")
        self.assertEqual([line["function"] for line in lines], ["gcd", "lcm", "main"])
        for line in lines:
            self.shape(line, {"function": str, "text": str})
        text = "\n".join(line["text"] for line in lines)
        self.expect(FINE, "show", EXAMPLES / "gcd.rvm", output=text)
        path, other = self.file(ONE), self.file("fn  main() { push 1 ret }", "other.rvm")
        self.assertEqual(self.json(FINE, "fmt", path, other), [
            {"file": path, "formatted": True}, {"file": other, "formatted": False}])
        self.assertEqual(len(self.json(TRAPPED, "fmt", path, other, "--check")), 2)

    def test_hash(self):
        lines = self.json(FINE, "hash", self.file("abc", "name"), "--text", "abc")
        for line in lines:
            self.shape(line, {"hash": str, "name": str})
        self.assertEqual(len({line["hash"] for line in lines}), 1)
        self.json(FINE, "hash", self.file("abc", os.fsdecode(b"caf\xe9")))


class Hash(CommandLine):
    def test_vectors(self):
        for size, digest in BLAKE3.items():
            data = bytes(i % 251 for i in range(size))
            self.expect(FINE, "hash", "-", stdin=data, output=f"{digest}  -\n")
            self.expect(FINE, "hash", self.file(data, "data"), cwd="/",
                        output=f"{digest}  {self.folder}/data\n")

    def test_text(self):
        self.expect(FINE, "hash", "--text", "", output=f'{BLAKE3[0]}  ""\n')
        one = self.expect(FINE, "hash", "--text", "abc", "--text", "größe", output=None).output
        self.assertEqual([line.split("  ")[1] for line in one.splitlines()], ['"abc"', '"größe"'])

    def test_many(self):
        a, b = self.file("abc", "a"), self.file("", "b")
        ended = self.expect(MACHINE, "hash", a, self.folder / "none", b, output=None, messages="none")
        self.assertEqual(len(ended.output.splitlines()), 2)

    def test_names_disturb_no_terminal(self):
        path = self.file("abc", "a\x1b[31m\nb")
        ended = self.expect(FINE, "hash", path, output=None)
        self.assertEqual(ended.output.count("\n"), 1)
        self.assertNotIn("\x1b", ended.output)


class Color(CommandLine):
    ESCAPE = "\x1b["

    def on_terminal(self, *words, **more):
        """All that a command writes where its standard error is a terminal."""
        main, other = pty.openpty()
        process = subprocess.Popen([PROGRAM, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=other, env=environment(**more))
        os.close(other)
        written = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while data := os.read(main, 65536):
                written += data
        os.close(main)
        process.wait(timeout=PATIENCE)
        return written.decode()

    def test_only_on_a_terminal(self):
        path = self.file(MIXED)
        self.assertNotIn(self.ESCAPE, self.expect(WRONG, "run", path, messages="error").messages)
        self.assertIn(self.ESCAPE, self.on_terminal("run", path))

    def test_no_color(self):
        path = self.file(MIXED)
        self.assertNotIn(self.ESCAPE, self.on_terminal("run", path, NO_COLOR="1"))
        self.assertIn(self.ESCAPE, self.on_terminal("run", path, NO_COLOR=""))

    def test_option(self):
        path = self.file(MIXED)
        always = self.expect(WRONG, "run", path, "--color", "always", messages=self.ESCAPE)
        self.expect(WRONG, "run", path, "--color=always", NO_COLOR="1", messages=self.ESCAPE)
        self.assertNotIn(self.ESCAPE, self.on_terminal("run", path, "--color", "never"))
        never = self.expect(WRONG, "run", path, "--color", "never", messages="error")
        self.assertEqual(re.sub(r"\x1b\[[0-9;]*m", "", always.messages), never.messages)

    def test_every_message(self):
        for words in ["run", self.file(TRAPS, "a.rvm")], ["test", self.file(ONE + "check main() == 2\n", "b.rvm")], \
                ["run", self.file("fn main() { push 1 ret nop }", "c.rvm")]:
            ended = self.call(*words, "--color", "always")
            self.assertIn(self.ESCAPE, ended.messages)
            self.assertNotIn(self.ESCAPE, ended.output)

    def test_nothing_of_a_program_disturbs_a_terminal(self):
        disturbing = ["\x1b[31m", "\x07", "\x7f", "\x9b31m", "\x85", "\u202e", "\u2066", "\u2028"]
        raw = [b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"\xc0\xaf", b"\xff", b"\xf0\x9f\xa6"]
        for what in [text.encode() for text in disturbing] + raw:
            for text in b"fn main() {\n    " + what + b" push 1 push 1.5 add ret\n}\n", \
                    b'fn main() {\n    print "' + what + b'" push 1 push 1.5 add ret\n}\n':
                path = self.file(text)
                done = subprocess.run([PROGRAM, "run", path], capture_output=True, timeout=PATIENCE)
                with self.subTest(what=what):
                    self.assertNotIn(what, done.stderr)
                    done.stderr.decode()  # well-formed


class ShowAndFmt(CommandLine):
    PROGRAMS = sorted(EXAMPLES.glob("*.rvm")) + sorted((REPOSITORY / "tests" / "cases").glob("*.rvm"))

    def exact(self, path):
        return self.expect(FINE, "show", "--exact", path, output=None).output

    def test_show_reassembles(self):
        for path in self.PROGRAMS:
            with self.subTest(path.name):
                ended = self.call("show", "--exact", path)
                self.assertEqual(ended.status, FINE)
                again = self.call("show", "--exact", "-", stdin=ended.output.encode())
                self.assertEqual((again.status, again.output), (FINE, ended.output))
                readable = self.call("show", path)
                again = self.call("show", "--exact", "-", stdin=readable.output.encode())
                self.assertEqual((again.status, again.output), (FINE, ended.output))

    def test_show_gives_the_same_results(self):
        for name, words, output in ("factorial", [], "3628800\n"), ("gcd", ["48", "18"], "6\n144\n"):
            for style in [], ["--exact"]:
                text = self.call("show", *style, EXAMPLES / f"{name}.rvm").output
                self.expect(FINE, "run", "-", *words, stdin=text.encode(), output=output)

    def test_fmt_again_changes_nothing(self):
        inputs = self.PROGRAMS + sorted((REPOSITORY / "tests" / "golden" / "messages").glob("*.rvm"))
        for path in inputs:
            with self.subTest(path.name):
                ended = self.call("fmt", path)
                if ended.status == WRONG:
                    self.assertEqual(ended.output, "")
                    continue
                self.assertEqual(ended.status, FINE)
                again = self.call("fmt", "-", stdin=ended.output.encode())
                self.assertEqual(again.output, ended.output)
                comments = lambda text: [line[line.index(";"):].rstrip() for line in text.splitlines()
                                         if ";" in line and '"' not in line]
                text = path.read_bytes().decode(errors="backslashreplace")
                self.assertEqual(comments(ended.output), comments(text))
                self.assertEqual(self.call("show", "--exact", "-", stdin=ended.output.encode()).output,
                                 self.call("show", "--exact", path).output)

    def test_the_examples_are_formatted(self):
        # But for one, which is given to the letter.
        self.expect(FINE, "fmt", "--check", *[path for path in EXAMPLES.glob("*.rvm") if path.stem != "factorial"])

    UGLY = ("#!/usr/bin/env rosettavm\n\n\n;  first \nfn main ( a:i64 , b )->( i64,f64 ){;head\n"
            "push 1;one\n  loop :load a;two\n\tprint\"a ; b\"   \n pop  load a load b push 1.5 add ret;end\n\n\n"
            "}  ; behind\n;last\ncheck main( 1,-2.5 )==(1 , -1.0)\ncheck main(1,2)fuel 3 traps out-of-fuel\n")

    def test_fmt_write(self):
        text = self.UGLY.replace("loop :", "loop:")
        path = self.file(text)
        formatted = self.expect(FINE, "fmt", path, output=None).output
        self.assertNotEqual(formatted, text)
        for comment in ";  first", ";head", ";one", ";two", ";end", "; behind", ";last", "#!/usr/bin/env", '"a ; b"':
            self.assertIn(comment, formatted)
        self.expect(TRAPPED, "fmt", "--check", path, output=f"{path} is not formatted\n")
        self.assertEqual(pathlib.Path(path).read_text(), text)
        self.expect(FINE, "fmt", "--write", path)
        self.assertEqual(pathlib.Path(path).read_text(), formatted)
        self.expect(FINE, "fmt", "--check", path)
        before = os.stat(path)
        self.expect(FINE, "fmt", "--write", path)
        self.assertEqual(os.stat(path).st_ino, before.st_ino)  # nothing to do, so nothing done
        self.assertEqual(os.listdir(self.folder), ["program.rvm"])

    def test_fmt_keeps_what_the_file_is(self):
        path = self.file(" " + ONE)
        os.chmod(path, 0o750)
        self.expect(FINE, "fmt", "--write", path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o750)

    def test_fmt_writes_through_a_link(self):
        path = self.file(" " + ONE)
        link = self.folder / "link.rvm"
        link.symlink_to(path)
        self.expect(FINE, "fmt", "--write", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(pathlib.Path(path).read_text(), ONE)

    def test_fmt_does_not_write_what_is_wrong(self):
        path = self.file(" " + MIXED)
        self.expect(WRONG, "fmt", "--write", path, messages="error")
        self.assertEqual(pathlib.Path(path).read_text(), " " + MIXED)

    def test_fmt_write_of_standard_input(self):
        # Where it cannot write in place it must not swallow the text.
        ended = self.call("fmt", "--write", "-", stdin=(" " + ONE).encode())
        self.assertTrue(ended.status == USAGE and ended.messages or ended.output == ONE,
                        (ended.status, ended.output, ended.messages))

    def test_fmt_line_ends(self):
        path = self.file(self.UGLY.replace("loop :", "loop:").replace("\n", "\r\n"))
        formatted = self.expect(FINE, "fmt", path, output=None).output
        self.assertNotIn("\r", formatted)
        self.assertEqual(formatted, self.expect(
            FINE, "fmt", self.file(self.UGLY.replace("loop :", "loop:"), "b.rvm"), output=None).output)


class Help(CommandLine):
    def test_commands(self):
        ended = self.expect(FINE, "--help", output=None)
        for command in [*COMMANDS, "store"]:
            self.assertRegex(ended.output, rf"(?m)^  {command} +\S")
        store = self.expect(FINE, "store", "--help", output=None)
        for command in STORE:
            self.assertRegex(store.output, rf"(?m)^  {command.split()[1]} +\S")
        self.assertIn("Exit status", ended.output)
        for status in "0", "1", "2", "3", "4", "130":
            self.assertRegex(ended.output, rf"\b{status}\b")
        self.assertEqual(self.expect(FINE, "-h", output=None).output, ended.output)

    def test_options(self):
        options = {"run": ["PROGRAM", "ARG", "--entry", "--max-depth", "--fuel", "--timeout", "--trace", "--stats"],
                   "test": ["FILE", "--fresh"], "hash": ["INPUT", "--text"],
                   "show": ["PROGRAM", "--exact", "--all"], "fmt": ["FILE", "--write", "--check"],
                   "store add": ["FILE", "--update", "--dry-run"], "store gc": ["--dry-run"],
                   "store export": ["FUNCTION", "--output", "--object"], "store import": ["FILE"],
                   "store log": ["NAME", "--most"], "store undo": ["CHANGE"],
                   "store pin": ["FUNCTION", "--remove"], "store deps": ["FUNCTION", "--all"]}
        for command in [*COMMANDS, *STORE]:
            text = self.expect(FINE, *command.split(), "--help", output=None).output
            for option in [*options.get(command, []), "--json", "--store", "--color", "--help",
                           "Examples:"]:
                self.assertIn(option, text)
            with self.subTest(command):
                self.assertIn(f"Usage: rosettavm {command} ", text)

    def test_every_option_is_taken(self):
        for command in [*COMMANDS, *STORE]:
            text = self.expect(FINE, *command.split(), "--help", output=None).output
            for option in re.findall(r"(?m)^  (?:-\w,)?(--[a-z-]+)", text):
                # (Without a file, `test` runs all cases.)
                more = [EXAMPLES / "gcd.rvm"] if command == "test" else []
                ended = self.call(*command.split(), option, "--no-such-option", *more)
                self.assertNotIn(f"no option `{option}`", ended.messages)

    def test_examples(self):
        """Those that name a file of examples/ run; what stands behind the blanks is the result, or
        words about it."""
        found = 0
        self.expect(FINE, "store", "add", EXAMPLES / "gcd.rvm", output=None)
        for command in [*COMMANDS, *STORE]:
            text = self.expect(FINE, *command.split(), "--help", output=None).output
            for line in text[text.index("Examples:"):].splitlines()[1:]:
                words, _, about = line.strip().partition("  ")
                if not words:
                    continue
                self.assertTrue(words.startswith(f"rosettavm {command}"), words)
                if any(part in words for part in ("FILE", "*", "data.bin", "old.rvm", "gcd.rvmx",
                                                  "diff", "--remove", "undo 3", "| b3sum", " -o ")):
                    continue
                if words == "rosettavm test":
                    continue  # all cases: a test of its own
                if command in ("store rename", "store forget", "store undo"):
                    continue  # each is for a store that the one before has not changed
                found += 1
                with self.subTest(words):
                    quoted = [word.strip("'") for word in words.split()[1:]]
                    output = about.strip() if re.match(r" *[\d-]", about) else None
                    ended = self.expect(FINE, *quoted, cwd=REPOSITORY, output=None)
                    if output is not None:
                        self.assertEqual(" ".join(ended.output.split()), output)
        self.assertGreaterEqual(found, 5)

    def test_version(self):
        self.assertRegex(self.expect(FINE, "--version", output=None).output, r"^rosettavm \d+\.\d+\.\d+\n$")


def main():
    unittest.installHandler()
    names = sys.argv[3:] or None
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names, sys.modules[__name__]) if names else \
        loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"cli: {result.testsRun} tests, {bad} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
