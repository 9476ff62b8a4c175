#!/usr/bin/env python3
"""`par` from outside: par_test.py PROGRAM REPOSITORY [TEST…].

Arguments and what is wrong with them, reductions, traps, limits, interruption, the memo, progress on
a terminal, the built-in kernels."""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import time
import unittest

from caller import (Case, FINE, INTERRUPTIBLE, MACHINE, PATIENCE, PROGRAM, REPOSITORY, SLOW, STOPPED, TRAPPED,
                    UNEVEN, USAGE, WRONG, main)

INC = "fn main(n) { load n push 1 add ret }\n"
TWO = "fn main(a: i64, b: f64) -> (i64, f64) { load a load b ret }\n"
NARROW = "fn main(a: i32, b: f32) -> (i32, f32) { load a load b ret }\n"
DIVIDE = "fn main(a, b) {\n    load a load b div\n    ret\n}\n"
ENDLESS = "fn main(n) {\nagain:\n    load n push 1000 eq jumpif again\n    load n\n    ret\n}\n"


class Arguments(Case):
    def test_what_binds_to_parameters(self):
        self.file(INC)
        self.file(TWO, "two.rvm")
        for words, wanted in {
            ("program.rvm", "-n", "10"): "55",
            ("program.rvm", "@index", "-n", "10"): "55",
            ("program.rvm", "7", "-n", "1_000_000"): "8000000",
            ("program.rvm", "0..10"): "55",
            ("program.rvm", "10..0:-1"): "65",
            ("program.rvm", "0..10:3"): "22",
            ("program.rvm", "-3..0"): "-3",
            ("program.rvm", "3..11", "-n", "16"): "120",
            ("program.rvm", "5..5"): "0",
            ("two.rvm", "1", "0.0..1e-10:1.0"): "1 0.0",
            ("two.rvm", "1", "0.0..0.9:0.3"): "3 0.8999999999999999",
            ("two.rvm", "1", "1.0..0.0:-0.25"): "4 2.5",
            ("program.rvm", "-n", "0"): "0",
            ("two.rvm", "0..4", "0.0..1.0"): "6 1.5",
            ("two.rvm", "@index", "0.0..1.0:0.25"): "6 1.5",
            ("two.rvm", "1", "@index", "-n", "4"): "4 6.0",
            ("two.rvm", "-1", "-inf", "-n", "2"): "-2 -inf",
        }.items():
            with self.subTest(words=words):
                self.assertEqual(self.ok(*words).output.split(), wanted.split())

    def test_what_is_wrong_with_them(self):
        self.file(INC)
        self.file(TWO, "two.rvm")
        self.file(NARROW, "narrow.rvm")
        for words, message in {
            ("program.rvm", "5"): "-n N",
            ("two.rvm", "-n", "5"): "`main(a: i64, b: f64)` takes 2 arguments, not 0",
            ("two.rvm", "1", "2", "3", "-n", "5"): "takes 2 arguments, not 3",
            ("two.rvm", "0..5", "0.0..1.0:0.25"): "`0..5` has 5 values, and `0.0..1.0:0.25` has 4",
            ("program.rvm", "0..10", "-n", "5"): "`0..10` has 10 values, and there are 5 tasks",
            ("program.rvm", "10..0"): "argument 1 of `main`, `10..0`: there is nothing",
            ("program.rvm", "5..5", "-n", "3"): "there is nothing in this range",
            ("program.rvm", "0..10:0"): "a step is not 0",
            ("program.rvm", "0..x"): "argument 1 of `main`, `0..x`",
            ("program.rvm", "0..1.5"): "argument 1 of `main`, `0..1.5`",
            ("two.rvm", "1", "0.0..inf:1.0"): "a range is between numbers",
            ("two.rvm", "1", "0.0..1.0:1e-300"): "the step is too small",
            ("two.rvm", "1", "0.0..1.0:0.0"): "a step is not 0",
            ("two.rvm", "1", "-1.7e308..1.7e308", "-n", "4"): "it goes beyond an f64",
            ("narrow.rvm", "1", "0.0..1e39", "-n", "4"): "it goes beyond an f32",
            ("two.rvm", "1", "0.0..1.0:-0.0"): "a step is not 0",
            ("two.rvm", "1", "0.0..5e12:1.0", "-n", "2"): "has 5000000000000 values, and there",
            ("program.rvm", "0.."): "`` in FIRST..END[:STEP]: ",
            ("program.rvm", "x.npy"): "a file is written `@x.npy`",
            ("two.rvm", "1", "x", "-n", "2"): "argument 2 of `main`, `x`",
            ("narrow.rvm", "0..3_000_000_000", "1.0"): "it goes beyond an i32",
            ("narrow.rvm", "@index", "1.0", "-n", "3_000_000_000"): "more than have an index",
            ("narrow.rvm", "1", "@index", "-n", "17_000_000"): "more than have an index",
            ("program.rvm", "@nothing", "-n", "3"): "@ is for @index",
            ("program.rvm", "-n", "x"): "-n",
            ("program.rvm", "-n", "3", "--threads", "0"): "--threads needs a number from 1",
            ("program.rvm", "-n", "3", "--reduce", "mean"): "--reduce needs sum, min, max, count",
            ("program.rvm", "-n", "3", "--resume"): "it needs --out",
            ("program.rvm", "-n", "3", "--out", "x.txt"): ".npy, .csv or .jsonl",
            ("program.rvm", "--list"): "--list lists the built-in kernels, and runs nothing",
            (): "PROGRAM",
        }.items():
            with self.subTest(words=words):
                self.refused(USAGE, message, *words)
        self.refused(MACHINE, "nowhere.rvm", "nowhere.rvm", "-n", "3")
        self.refused(MACHINE, "nowhere.npy", "program.rvm", "@nowhere.npy")
        self.refused(WRONG, "no function `other`", "program.rvm", "--entry", "other", "-n", "3")

    def test_files(self):
        self.file(TWO, "two.rvm")
        self.file("n,x\n1,0.5\n2,1.5\n", "t.csv")
        self.assertEqual(self.ok("two.rvm", "@t.csv:n", "@t.csv:x").output, "3\n2.0\n")
        self.ok("two.rvm", "@t.csv:n", "@t.csv:x", "--out", "t.npy")
        # A file of results is a table, too.
        ended = self.ok("two.rvm", "@t.npy:result0", "@t.npy:result1")
        self.assertEqual(ended.output, "3\n2.0\n")
        self.assertEqual(self.ok("two.rvm", "@t.npy:0", "@t.npy:1").output, "3\n2.0\n")
        for words, message in {
            ("@t.csv:n", "@t.csv:y"): "`t.csv` has no column `y`",
            ("@t.csv:n", "1.0", "-n", "3"): "`t.csv` has 2 rows, and -n says 3",
            ("@t.csv:x", "1.0"): "row 0 (line 2), column `x`: `0.5`",
            ("@t.csv", "1.0"): "a CSV file's column has to be named",
            ("1", "@t.npy"): "`t.npy` has 3 columns",
            ("1", "@t.npy:1", "@t.npy:1"): "takes 2 arguments, not 3",
            ("1", "@t.npy:7"): "no column `7`",
            ("@t.npy:result1", "1.0"): "float64",
            ("@t.npy:result0", "1.0", "--out", "./t.npy"): "it cannot be the --out file, too",
        }.items():
            with self.subTest(words=words):
                self.refused(USAGE, message, "two.rvm", *words)
        self.assertEqual(self.ok("two.rvm", "@t.npy:result0", "1.0").output, "3\n2.0\n")

    def test_reductions(self):
        self.file("fn main(n) -> (i64, f64, i32) {\n    load n push 7 mod push 3 sub\n"
                  "    load n push 7 mod to_f64 push 0.1 mul\n    load n to_i32\n    ret\n}\n")
        wanted = {"sum": ["-5", None, "4950"], "min": ["-3", "0.0", "0"],
                  "max": ["3", "0.6000000000000001", "99"], "count": ["100"], "none": []}
        for how, values in wanted.items():
            got = self.ok("program.rvm", "-n", "100", "--reduce", how).output.split()
            self.assertEqual(len(got), len(values), how)
            for mine, value in zip(got, values):
                if value is not None:
                    self.assertEqual(mine, value, how)

    def test_sums_wrap_and_every_trapped_task_is_absent(self):
        self.file("fn main(n) {\n    push 0x4000000000000000 ret\n}\n", "big.rvm")
        self.assertEqual(self.ok("big.rvm", "-n", "2").output, "-9223372036854775808\n")
        self.file("fn main(n) {\n    trap\n}\n", "trap.rvm")
        for how, wanted in {"sum": "0\n", "min": "none\n", "max": "none\n", "count": "0\n"}.items():
            ended = self.par("trap.rvm", "-n", "5", "--reduce", how)
            self.assertEqual((ended.status, ended.output), (TRAPPED, wanted))

    def test_a_stored_program(self):
        self.file(INC.replace("main", "increment"))
        self.assertEqual(self.call("store", "add", "program.rvm").status, FINE)
        self.assertEqual(self.ok("increment", "0..10").output, "55\n")


class Traps(Case):
    def test_they_are_counted_and_named_and_the_rest_stands(self):
        self.file(DIVIDE)
        ended = self.par("program.rvm", "100", "-2..3")
        self.assertEqual(ended.status, TRAPPED)
        self.assertEqual(ended.output, "0\n")
        self.assertIn("program.rvm:2:19: trap: integer-divide-by-zero in `main`", ended.messages)
        self.assertIn("1 of 5 tasks trapped: 1 integer-divide-by-zero\n"
                      "  task 2 (a = 100, b = 0): integer-divide-by-zero\n", ended.messages)

    def test_the_first_few_are_named(self):
        self.file(DIVIDE)
        ended = self.par("program.rvm", "1", "0", "-n", "1_000_000")
        self.assertIn("1,000,000 of 1,000,000 tasks trapped", ended.messages)
        self.assertIn("  task 4 (a = 1, b = 0): integer-divide-by-zero\n  … 999,995 more\n",
                      ended.messages)

    def test_fail_fast(self):
        self.file(DIVIDE)
        for threads in (1, 2, 8):
            ended = self.par("program.rvm", "100", "-500..500", "--fail-fast", "--json",
                             "--threads", threads)
            report = json.loads(ended.output)
            self.assertEqual((ended.status, report["tasks"], report["done"]), (TRAPPED, 1000, 501))
            self.assertEqual(report["trapped"][0]["task"], 500)

    def test_limits_are_a_tasks_own(self):
        self.file("fn main(n) {\n    load n jumpifnot end\n    load n push 1 sub call main\n"
                  "    push 1 add ret\nend:\n    push 0\n    ret\n}\n")
        for words, trap in {("--fuel", "5"): "out-of-fuel",
                            ("--max-depth", "6"): "call-depth-exceeded"}.items():
            for engine in ("interp", "jit", "auto"):
                ended = self.par("program.rvm", "0..10", *words, "--engine", engine, "--json")
                report = json.loads(ended.output)
                self.assertEqual(report["traps"], {trap: 4}, (words, engine))
                self.assertEqual(report["trapped"][0]["task"], 6)

    def test_prints_are_skipped_and_that_is_said(self):
        self.file('fn main(n) {\n    print "hello"\n    load n print\n    load n\n    ret\n}\n')
        ended = self.ok("program.rvm", "-n", "1000")
        self.assertEqual(ended.output, "499500\n")
        self.assertEqual(ended.messages, "what tasks print is skipped; `run` shows it\n")


class Same(Case):
    def test_threads_and_engines(self):
        self.file(UNEVEN.replace("HEAVY", "10_000" if SLOW else "100_000"))
        tasks = 4_000 if SLOW else 40_000
        outcomes = set()
        for engine in ("interp", "jit", "auto"):
            for threads in (1, 2, 3, 8):
                out = f"{engine}{threads}.npy"
                ended = self.par("program.rvm", "-n", tasks, "--engine", engine, "--threads",
                                 threads, "--out", out)
                self.assertEqual(ended.status, TRAPPED)
                outcomes.add((ended.output, ended.messages, (self.folder / out).read_bytes()))
        self.assertEqual(len(outcomes), 1)


class Interrupted(Case):
    def test_ctrl_c_leaves_what_is_known(self):
        self.file(ENDLESS)
        for engine in INTERRUPTIBLE:
            for threads in (1, 2):
                process = self.start("par", "program.rvm", "-n", "1_000_000", "--engine", engine,
                                     "--threads", threads, "--out", "out.csv")
                time.sleep(1.5 if SLOW else 0.5)
                process.send_signal(signal.SIGINT)
                output, messages = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, STOPPED, messages)
                self.assertEqual(output, b"499500\n")
                self.assertIn(b"stopped: 1,000 of 1,000,000 tasks are done", messages)
                self.assertIn(b"--resume goes on", messages)
                self.assertEqual(len((self.folder / "out.csv").read_text().splitlines()), 1001)

    def test_timeout(self):
        self.file(ENDLESS)
        ended = self.par("program.rvm", "-n", "1_000_000", "--timeout", "0.5", "--json", "--engine",
                         INTERRUPTIBLE[-1])
        self.assertEqual(ended.status, TRAPPED)
        report = json.loads(ended.output)
        self.assertEqual((report["done"], report["traps"], report["stopped"]), (1000, {}, True))


class Memo(Case):
    def test_outcomes_are_reused(self):
        self.file(DIVIDE)

        def reused(*words):
            ended = self.par("program.rvm", *words, "--memo", "--json", "--stats")
            report = json.loads(ended.output)
            return report["stats"]["reused"], report["stats"]["kept"], report["results"]

        first = reused("100", "-5..5")
        self.assertEqual(first[:2], (0, 10))
        # A task that trapped is known, too; its message is not lost.
        self.assertEqual(reused("100", "-5..5"), (10, 0, first[2]))
        self.assertEqual(reused("100", "0..10")[:2], (5, 5))
        ended = self.par("program.rvm", "100", "0..10", "--memo")
        self.assertIn("program.rvm:2:19: trap: integer-divide-by-zero", ended.messages)
        # Under another limit it might have ended otherwise.
        self.assertEqual(reused("100", "-5..5", "--fuel", "1000")[:2], (0, 10))
        # The same code under another name.
        self.file(DIVIDE.replace("main", "quotient"), "other.rvm")
        other = self.par("other.rvm", "--entry", "quotient", "100", "-5..5", "--memo", "--json",
                         "--stats")
        self.assertEqual(json.loads(other.output)["stats"]["reused"], 10)

    def test_what_ended_by_a_limit_is_not_kept(self):
        self.file("fn main(n) {\nloop:\n    load n jumpifnot end\n    load n push 1 sub store n\n"
                  "    jump loop\nend:\n    push 7\n    ret\n}\n")
        ended = self.par("program.rvm", "0..20", "--fuel", "10", "--memo", "--json", "--stats")
        self.assertEqual(json.loads(ended.output)["stats"]["kept"], 11)

    def test_of_run(self):
        self.file(DIVIDE)

        def outcome(*words):
            ended = self.call("run", "program.rvm", *words, "--memo", "--stats", "--json")
            return json.loads(ended.output)["stats"]["outcome"], ended.status

        self.assertEqual(outcome("7", "2"), ("kept", FINE))
        self.assertEqual(outcome("7", "2"), ("reused", FINE))
        self.assertEqual(self.call("run", "program.rvm", "7", "2", "--memo").output, "3\n")
        # What `run` kept is known to `par`.
        ended = self.par("program.rvm", "7", "2", "-n", "1", "--memo", "--json", "--stats")
        self.assertEqual(json.loads(ended.output)["stats"]["reused"], 1)
        # A trap's message has to be made.
        for _ in range(2):
            ended = self.call("run", "program.rvm", "7", "0", "--memo")
            self.assertEqual(ended.status, TRAPPED)
            self.assertIn("program.rvm:2:19: trap: integer-divide-by-zero", ended.messages)
        self.file('fn main(n) {\n    print "hello"\n    load n\n    ret\n}\n')
        for _ in range(2):
            ended = self.call("run", "program.rvm", "7", "--memo", "--stats")
            self.assertEqual(ended.output, "hello\n7\n")
            self.assertIn("not kept: what a program prints is not, either", ended.messages)

    def test_what_the_store_has_of_an_outcome_is_not_trusted(self):
        self.file(DIVIDE)
        self.par("program.rvm", "100", "1..5", "--memo")
        wanted = self.par("program.rvm", "100", "1..5").output
        database = sqlite3.connect(self.folder / "store.db")
        for damage in (b"", b"\x07", b"\x05", b"\xff", b"\0" * 5, b"\0" * 40):
            database.execute("UPDATE cache SET value = ? WHERE kind = 2", (damage,))
            database.commit()
            for reused in (0, 4):
                ended = self.par("program.rvm", "100", "1..5", "--memo", "--json", "--stats")
                report = json.loads(ended.output)
                self.assertEqual((ended.status, report["stats"]["reused"]), (FINE, reused))
                self.assertEqual(report["results"][0]["value"] + "\n", wanted)

    def test_a_store_that_cannot_be_used_costs_only_the_memo(self):
        self.file(INC)
        (self.folder / "store.db").write_bytes(b"this is no store")
        ended = self.par("program.rvm", "0..10", "--memo")
        self.assertEqual((ended.status, ended.output), (FINE, "55\n"))
        self.assertIn("rosettavm: --memo: ", ended.messages)


class Machine(Case):
    def test_a_stack_that_cannot_be_had(self):
        self.file("fn main(n) { load n push 2 lt jumpif e load n push 1 sub call main load n push 2 "
                  "sub call main add ret e: load n ret }\n")
        for engine in ("interp", "jit", "auto"):
            for threads in (1, 4):
                ended = self.par("program.rvm", "5", "-n", "4", "--max-depth", "1000000000000",
                                 "--engine", engine, "--threads", threads)
                self.assertEqual((ended.status, ended.output), (MACHINE, ""))
                self.assertIn("a lower --max-depth is needed", ended.messages)

    def test_standard_streams_that_are_closed(self):
        self.file(INC)
        self.ok("program.rvm", "0..1000", "--out", "wanted.npy")
        wanted = (self.folder / "wanted.npy").read_bytes()
        for closed, status in {">&-": MACHINE, "2>&-": FINE, "<&- >&- 2>&-": MACHINE}.items():
            done = subprocess.run(
                ["sh", "-c", f'"$0" par program.rvm 0..1000 --out out.npy --stats {closed}', PROGRAM],
                cwd=self.folder, env=self.environment(), capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, status, closed)
            self.assertEqual((self.folder / "out.npy").read_bytes(), wanted)

    @unittest.skipIf(SLOW, "sanitizers need the address space")
    def test_little_memory_and_few_threads(self):
        self.file("fn main(n) { load n push 2 lt jumpif e load n push 1 sub call main load n push 2 "
                  "sub call main add ret e: load n ret }\n")
        wanted = self.ok("program.rvm", "0..20", "-n", "2000", "--reduce", "count").output
        for megabytes in (60, 100, 150, 200, 300, 400, 600):
            ended = subprocess.run(
                ["sh", "-c", f"ulimit -v {megabytes * 1024}; exec \"$0\" par program.rvm 0..20 -n "
                 "2000 --reduce count --threads 64 --engine interp", PROGRAM],
                cwd=self.folder, env=self.environment(), capture_output=True, timeout=PATIENCE)
            self.assertIn(ended.returncode, (FINE, MACHINE), (megabytes, ended.stderr))
            if ended.returncode == FINE:
                self.assertEqual(ended.stdout.decode(), wanted)
            else:
                self.assertNotEqual(ended.stderr, b"")


class Shown(Case):
    def test_json_with_figures(self):
        self.file(INC)
        report = json.loads(self.ok("program.rvm", "0..10", "--json", "--stats").output)
        stats = report.pop("stats")
        self.assertEqual(report, {
            "tasks": 10, "done": 10, "resumed": 0, "stopped": False, "traps": {}, "trapped": [],
            "reduce": "sum",
            "results": [{"type": "i64", "value": "55"}]})
        self.assertEqual(stats["threads"], os.cpu_count() if not hasattr(os, "sched_getaffinity")
                         else len(os.sched_getaffinity(0)))
        self.assertGreater(stats["tasks_a_second"], 0)
        self.assertIn("execute", stats["milliseconds"])

    def test_progress_on_a_terminal(self):
        self.file(ENDLESS)
        master, slave = pty.openpty()
        process = subprocess.Popen([PROGRAM, "par", "program.rvm", "-n", "1_000_000", "--threads",
                                    "1", "--engine", INTERRUPTIBLE[-1]],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave,
                                   env=self.environment(), cwd=self.folder)
        os.close(slave)
        text = b""
        end = time.monotonic() + PATIENCE
        while b"a second" not in text and time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                text += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        os.close(master)
        self.assertIn(b"of 1,000,000 tasks, 0 %", text)

    def test_kernels(self):
        listed = self.ok("--list").output.splitlines()
        names = [line.split()[0] for line in listed]
        for name in ("factorial", "fib", "collatz", "mandelbrot"):
            self.assertIn(name, names)
        rows = [json.loads(line)
                for line in self.ok("fib", "10", "-n", "100", "--threads", "2", "--json")
                .output.splitlines()]
        self.assertEqual([(row["engine"], row["threads"], row["tasks"]) for row in rows],
                         [("interp", 1, 100), ("interp", 2, 100), ("jit", 1, 100),
                          ("jit", 2, 100)])
        table = self.ok("fib", "10..12", "--threads", "2").output.splitlines()
        self.assertEqual(len(table), 5)
        self.refused(USAGE, "but not --out", "fib", "--out", "x.npy")
        self.refused(USAGE, "no task takes no time", "fib", "-n", "0")
        self.refused(USAGE, "-n N", "fib", "@index")
        # What the user has goes before what is built in.
        self.file("fn fib(n) { load n push 1000 add ret }\n", "mine.rvm")
        self.call("store", "add", "mine.rvm")
        self.assertEqual(self.ok("fib", "5", "-n", "1").output, "1005\n")
        self.call("store", "forget", "fib")
        self.file(INC, "fib")
        self.assertEqual(self.ok("fib", "5", "-n", "1").output, "6\n")
        (self.folder / "fib").unlink()
        for name in names:
            ended = self.ok(name, "-n", "1", "--threads", "1")
            self.assertEqual(len(ended.output.splitlines()), 3, name)


main()
