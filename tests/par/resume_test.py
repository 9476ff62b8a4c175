#!/usr/bin/env python3
"""Jobs that are killed, stopped or cut off and go on: resume_test.py PROGRAM REPOSITORY [TEST…].

Whatever ended a job, `--resume` gives the bytes and the reduction of one that was never ended, or
says why it cannot."""

import random
import signal
import struct
import subprocess
import time

from caller import Case, FINE, MACHINE, PATIENCE, SLOW, TRAPPED, UNEVEN, USAGE, main

FORMATS = ("npy", "csv", "jsonl")
TASKS = 20_000 if SLOW else 200_000
PROGRAM = UNEVEN.replace("HEAVY", "2_000" if SLOW else "100_000")


class Resumed(Case):
    def setUp(self):
        super().setUp()
        self.file(PROGRAM)

    def job(self, out, *words, tasks=TASKS):
        return ("program.rvm", "-n", tasks, "--engine", "jit", "--out", out, *words)

    def whole(self, form):
        """The bytes of a job that nobody ended, and what it said."""
        ended = self.par(*self.job(f"whole.{form}"))
        self.assertEqual(ended.status, TRAPPED, ended.messages)
        return (self.folder / f"whole.{form}").read_bytes(), ended

    def test_killed_at_twenty_random_moments(self):
        chance = random.Random(20)
        for form in FORMATS:
            wanted, said = self.whole(form)
            longest = said.seconds
            out = self.folder / f"out.{form}"
            cut = 0
            for moment in range(20 if form == "npy" else 7):
                for left in self.folder.glob(f"out.{form}*"):
                    left.unlink()
                # Three times in a row, each time further on.
                for _ in range(3):
                    process = self.start("par", *self.job(out.name, "--resume", "--threads",
                                                          chance.choice("1238")))
                    time.sleep(chance.random() * longest * 0.5)
                    process.send_signal(signal.SIGKILL)
                    process.communicate(timeout=PATIENCE)
                    cut += out.exists() and len(out.read_bytes()) < len(wanted)
                ended = self.par(*self.job(out.name, "--resume"))
                self.assertEqual(ended.status, TRAPPED, ended.messages)
                self.assertEqual(out.read_bytes(), wanted, (form, moment))
                self.assertEqual(ended.output, said.output)
            self.assertGreater(cut, 0, "no job was killed before its end")

    def test_cut_off_anywhere(self):
        tasks = 60
        for form in FORMATS:
            whole = self.folder / f"small.{form}"
            said = self.par(*self.job(whole.name, tasks=tasks))
            wanted = whole.read_bytes()
            for size in random.Random(1).sample(range(len(wanted) + 1), 10 if SLOW else 40):
                whole.write_bytes(wanted[:size])
                ended = self.par(*self.job(whole.name, "--resume", tasks=tasks))
                self.assertEqual(ended.status, TRAPPED, ended.messages)
                self.assertEqual(whole.read_bytes(), wanted, (form, size))
                self.assertEqual(ended.output, said.output)

    def test_stopped_by_ctrl_c_the_file_is_whole_and_goes_on(self):
        wanted, said = self.whole("npy")
        process = self.start("par", *self.job("out.npy"))
        # From when its record is there, Ctrl-C stops the job and not just the process.
        end = time.monotonic() + PATIENCE
        while not (self.folder / "out.npy.job").exists() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05 + said.seconds * 0.2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        data = (self.folder / "out.npy").read_bytes()
        if process.returncode != -signal.SIGINT:
            (size,) = struct.unpack("<H", data[8:10])
            shape = eval(data[10:10 + size])["shape"]
            self.assertEqual(len(data), 10 + size + shape[0] * 17)
        ended = self.par(*self.job("out.npy", "--resume"))
        self.assertEqual((self.folder / "out.npy").read_bytes(), wanted)
        self.assertEqual(ended.output, said.output)

    def test_a_whole_one_is_read_and_reduced_again(self):
        for form in FORMATS:
            wanted, said = self.whole(form)
            ended = self.par(*self.job(f"whole.{form}", "--resume", "--stats"))
            self.assertEqual(ended.output, said.output)
            self.assertIn(f"tasks done before {TASKS:>21,}", ended.messages)
            self.assertEqual((self.folder / f"whole.{form}").read_bytes(), wanted)


class Refused(Case):
    def setUp(self):
        super().setUp()
        self.file("fn main(a, b) {\n    load a load b add\n    ret\n}\n")
        self.file("x\n1\n2\n3\n", "x.csv")
        self.words = ["program.rvm", "@x.csv:x", "5", "--out", "out.csv"]
        self.ok(*self.words)

    def again(self, message, *words):
        self.refused(USAGE, message, *words, "--resume")

    def test_another_job(self):
        self.file("fn main(a, b) {\n    load a load b sub\n    ret\n}\n", "other.rvm")
        self.again("of another program", "other.rvm", *self.words[1:])
        self.again("of other arguments", "program.rvm", "@x.csv:x", "6", "--out", "out.csv")
        self.again("of another --fuel", *self.words, "--fuel", "9")
        self.again("of another --max-depth", *self.words, "--max-depth", "9")
        self.file("x\n1\n2\n4\n", "x.csv")
        self.again("of other arguments", *self.words)
        self.file("x\n1\n2\n3\n4\n", "x.csv")
        self.again("of other arguments", *self.words)
        # Without --resume it is made anew.
        self.assertEqual(self.ok(*self.words).output, "30\n")
        self.assertEqual(self.ok(*self.words, "--resume").output, "30\n")

    def test_the_same_job_in_other_words(self):
        self.file("; the same code\nfn add(x, y) { load x load y add ret }\n", "same.rvm")
        (self.folder / "x.csv").rename(self.folder / "moved.csv")
        ended = self.ok("same.rvm", "--entry", "add", "@moved.csv:x", "0x5", "--out", "out.csv",
                        "--resume", "--threads", "1", "--reduce", "max")
        self.assertEqual(ended.output, "8\n")

    def test_a_record_that_is_lost_or_damaged(self):
        record = self.folder / "out.csv.job"
        for text in ("{", "[]", '{"another": 1}'):
            record.write_text(text)
            self.again("of a job that is not known", *self.words)
            # It may be somebody else's, and is not overwritten.
            self.refused(USAGE, "`out.csv.job` is in the way", *self.words)
            self.assertEqual(record.read_text(), text)
        record.write_text('{"rosettavm_job":1}')
        self.again("of another program", *self.words)
        record.unlink()
        self.again("of a job that is not known", *self.words)
        self.assertEqual(self.ok(*self.words).output, "21\n")

    def test_rows_that_par_did_not_write(self):
        good = (self.folder / "out.csv").read_text()
        for bad in (good.replace("ok", "fine", 1), good.replace("0,", "7,", 1),
                    good.replace("task", "Task"), good + "9,ok,9\n"):
            (self.folder / "out.csv").write_text(bad)
            self.refused(MACHINE, "out.csv", *self.words, "--resume")

    def test_two_at_once(self):
        self.file("fn main(n) {\nagain:\n    jump again\n}\n", "endless.rvm")
        words = ("par", "endless.rvm", "-n", "5", "--out", "busy.npy")
        process = self.start(*words)
        end = time.monotonic() + PATIENCE
        while not (self.folder / "busy.npy.job").exists() and time.monotonic() < end:
            time.sleep(0.01)
        for more in ((), ("--resume",)):
            ended = self.call(*words, *more)
            self.assertEqual(ended.status, MACHINE)
            self.assertIn("busy.npy", ended.messages)
        process.kill()
        process.communicate(timeout=PATIENCE)

    def test_a_file_that_cannot_be_written(self):
        for out in ("nowhere/out.npy", "."):
            ended = self.par("program.rvm", "1", "5", "-n", "3", "--out", out + "/x.npy")
            self.assertEqual(ended.status, MACHINE if out != "." else FINE, ended.messages)
        (self.folder / "folder.npy").mkdir()
        self.refused(MACHINE, "folder.npy", "program.rvm", "1", "5", "-n", "3", "--out",
                     "folder.npy")


class FailFast(Case):
    def test_it_goes_on_to_the_first_trap_and_drops_no_row(self):
        self.file("fn main(n) {\n    push 100 load n push 10 sub div\n    ret\n}\n")
        for form in FORMATS:
            out = self.folder / f"out.{form}"
            words = ("program.rvm", "-n", "30", "--out", out.name)
            said = self.par(*words, "--fail-fast", "--json")
            wanted = out.read_bytes()
            ended = self.par(*words, "--fail-fast", "--resume", "--json")
            self.assertEqual(out.read_bytes(), wanted)
            self.assertEqual(ended.output.replace('"resumed":11', '"resumed":0'), said.output)
            # Without it, the job goes on behind the trap; and then its rows are not thrown away.
            self.par(*words, "--resume")
            whole = out.read_bytes()
            self.assertGreater(len(whole), len(wanted))
            self.refused(USAGE, "there are rows of 19 tasks behind it already", *words,
                         "--fail-fast", "--resume")
            self.assertEqual(out.read_bytes(), whole)


class Full(Case):
    def test_a_full_disk_is_said_and_the_job_goes_on_later(self):
        """A file system of 1 MB is full soon; where none can be mounted, a limit on file sizes."""
        self.file("fn main(n) {\n    load n\n    ret\n}\n")
        words = ("par", "program.rvm", "-n", "300_000", "--out", "out.npy")
        whole = self.call(*words)
        wanted = (self.folder / "out.npy").read_bytes()
        (self.folder / "out.npy").unlink()
        limited = subprocess.run(
            ["sh", "-c", 'trap "" XFSZ; ulimit -f 1000; exec "$@"', "sh",
             str(self.program()), *words],
            capture_output=True, env=self.environment(), cwd=self.folder, timeout=PATIENCE)
        self.assertEqual(limited.returncode, MACHINE)
        self.assertIn(b"out.npy", limited.stderr)
        ended = self.call(*words, "--resume")
        self.assertEqual((ended.status, ended.output), (FINE, whole.output))
        self.assertEqual((self.folder / "out.npy").read_bytes(), wanted)

    @staticmethod
    def program():
        import caller
        return caller.PROGRAM


main()
