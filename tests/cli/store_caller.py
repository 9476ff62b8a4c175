"""What the tests of the store share: a store of each test's own, and programs to put there."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
REPOSITORY = pathlib.Path(sys.argv[2]).resolve()
QUICK = "dev" in pathlib.Path(PROGRAM).parts or os.environ.get("ROSETTAVM_QUICK") == "1"
FINE, TRAPPED, USAGE, WRONG, MACHINE = 0, 1, 2, 3, 4
PATIENCE = 60  # seconds, for one command under sanitizers on a busy machine

CHAIN = """\
fn base(n) { load n push 1 add ret }
fn mid(n) { load n call base push 2 mul ret }
fn top(n) { load n call mid call base ret }
fn other(n) { load n push 3 mul ret }
"""
BASE = "fn base(n) { load n push 10 add ret }\n"
CYCLE = """\
fn even(n) { load n jumpifnot yes load n push 1 sub call odd ret yes: call yes_is ret }
fn odd(n) { load n jumpifnot no load n push 1 sub call even ret no: push 0 ret }
fn ask(n) { load n call even ret }
fn yes_is() { push 1 ret }
"""
ALIASES = """\
fn one(n) { load n push 1 add ret }
fn uno(n) { load n push 1 add ret }
fn by_one(n) { load n call one ret }
fn by_uno(n) { load n call uno push 0 add ret }
fn both(n) { load n call one call uno ret }
"""


class Ended:
    def __init__(self, status, output, messages):
        self.status = status
        self.bytes = output
        self.output = output.decode(errors="backslashreplace")
        self.messages = messages.decode(errors="backslashreplace")

    def __str__(self):
        return f"{self.status}: {self.output[:700]!r} {self.messages[:700]!r}"


class StoreCase(unittest.TestCase):
    maxDiff = 1500

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.store = self.folder / "store.db"

    def environment(self, **more):
        """Nothing in it leads to the store of whoever runs the tests. None removes a variable."""
        result = {**os.environ, "HOME": str(self.folder / "home"),
                  "XDG_DATA_HOME": str(self.folder / "data"), "ROSETTAVM_STORE": str(self.store),
                  **more}
        return {name: value for name, value in result.items() if value is not None}

    def file(self, text, name="program.rvm"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def start(self, *words, **more):
        return subprocess.Popen([PROGRAM, *map(str, words)], cwd=self.folder, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(**more))

    def call(self, *words, stdin=b"", **more):
        done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, cwd=self.folder,
                              env=self.environment(**more), timeout=PATIENCE, capture_output=True)
        return Ended(done.returncode, done.stdout, done.stderr)

    def expect(self, status, *words, output="", messages="", **more):
        """Runs a command. `output` is all of standard output, or None for anything; `messages`
        (one or several texts) has to be in standard error, which has to be empty where nothing is
        expected there and otherwise ends its last line."""
        ended = self.call(*words, **more)
        told = f"{words}: {ended}"
        self.assertEqual(ended.status, status, told)
        if output is not None:
            self.assertEqual(ended.output, output, told)
        if messages:
            for text in [messages] if isinstance(messages, str) else messages:
                self.assertIn(text, ended.messages, told)
            self.assertTrue(ended.messages.endswith("\n"), told)
        else:
            self.assertEqual(ended.messages, "", told)
        return ended

    def output(self, *words, **more):
        return self.expect(FINE, *words, output=None, **more).output

    def json(self, status, *words, **more):
        """All lines of a command with --json, parsed; nothing may be on standard error."""
        ended = self.expect(status, *words, "--json", output=None, **more)
        self.assertTrue(not ended.output or ended.output.endswith("\n"), ended.output)
        lines = [json.loads(line) for line in ended.output.splitlines()]
        for line in lines:
            self.assertIsInstance(line, dict)
        return lines

    def add(self, text, *words, name="program.rvm", **more):
        """Adds a program: what is said of each name, and the messages."""
        ended = self.expect(FINE, "store", "add", *words, self.file(text, name), output=None,
                            **{"messages": "", **more})
        said = {}
        for line in ended.output.splitlines():
            digits, known, what = line.split("  ", 2)
            self.assertEqual(len(digits), 64)
            said[known] = what
        return said

    def names(self, **more):
        lines = self.json(FINE, "store", "names", **more)
        return {line["name"]: line["hash"] for line in lines}

    def log(self):
        return self.json(FINE, "store", "log", "--most", 1000000)

    def verify(self, **more):
        [report] = self.json(FINE, "store", "verify", **more)
        self.assertEqual(report["findings"], [])
        return report

    def run_is(self, value, *words, **more):
        self.expect(FINE, "run", *words, output=f"{value}\n", **more)

    @contextlib.contextmanager
    def database(self, path=None):
        """The store as SQLite sees it, each statement a transaction of its own."""
        base = sqlite3.connect(path or self.store, isolation_level=None)
        try:
            base.execute("PRAGMA synchronous = OFF")
            yield base
        finally:
            base.close()

    def objects(self):
        with self.database() as base:
            return {bytes(row[0]).hex(): bytes(row[1])
                    for row in base.execute("SELECT hash, bytes FROM object ORDER BY hash")}


def b3sum(data):
    done = subprocess.run(["b3sum", "--no-names"], input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


def main(title, module):
    unittest.installHandler()
    loader = unittest.TestLoader()
    names = sys.argv[3:]
    suite = loader.loadTestsFromNames(names, module) if names else \
        loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{title}: {result.testsRun} tests, {bad} failures")
    return 1 if bad else 0
