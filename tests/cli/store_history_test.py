#!/usr/bin/env python3
"""The store over time: store_history_test.py PROGRAM REPOSITORY [TEST…].

How names move and move back, what is kept and what goes, what leaves a store and comes into
another, and how functions differ.
"""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
from store_caller import (ALIASES, BASE, CHAIN, CYCLE, FINE, MACHINE, PROGRAM, TRAPPED, USAGE,
                          WRONG, StoreCase, b3sum, main)

TWO = "fn one() { push 1 ret }\nfn two() { push 2 ret }\n"


class History(StoreCase):
    def moves(self, change=0):
        moves = self.log()[change]["moves"]
        return {move["name"]: (move["before"], move["after"]) for move in moves}

    def test_log(self):
        self.expect(FINE, "store", "add", self.file("", "empty.rvm"))
        self.expect(FINE, "store", "log")
        path = pathlib.Path(self.file(CHAIN)).name
        self.add(CHAIN)
        first = self.names()
        self.assertEqual(self.moves(), {name: (None, hash) for name, hash in first.items()})
        self.add(BASE, "--update")
        now = self.names()
        self.assertEqual(self.moves(),
                         {name: (first[name], now[name]) for name in ("base", "mid", "top")})
        self.expect(FINE, "store", "rename", "top", "peak", output=f"{now['top']}  peak\n")
        self.expect(FINE, "store", "forget", "other", "mid", output=None)
        log = self.log()
        for line in log:
            self.assertEqual([*line], ["change", "time", "what", "undoes", "undone_by", "moves"])
        self.assertEqual([line["change"] for line in log], [4, 3, 2, 1])
        self.assertEqual([line["what"].replace(str(self.folder) + "/", "") for line in log],
                         ["forget other mid", "rename top peak", f"add {path}", f"add {path}"])
        for words, changes in (["top"], [3, 2, 1]), (["--most", 2], [4, 3]), (["nobody"], []), \
                (["--most", 1, "mid"], [4]):
            lines = self.json(FINE, "store", "log", *words)
            self.assertEqual([line["change"] for line in lines], changes)
        text = self.output("store", "log")
        for part in (f"mid: #{first['mid'][:8]} → #{now['mid'][:8]}", "peak: nothing →",
                     "other: ", "→ nothing", "UTC"):
            self.assertIn(part, text)

    def test_undo(self):
        self.expect(FINE, "store", "add", self.file("", "empty.rvm"))
        self.expect(USAGE, "store", "undo", messages="no change to take back")
        self.add(CHAIN)
        states = [{}, self.names()]
        self.add(BASE, "--update")
        states.append(self.names())
        self.expect(FINE, "store", "rename", "mid", "middle", output=None)
        for state in reversed(states):
            line = self.json(FINE, "store", "undo")[0]
            self.assertEqual(line["what"], f"undo {line['undoes']}")
            self.assertEqual(self.names(), state)
        self.expect(USAGE, "store", "undo", messages="no change to take back")
        # An undo by its number, and that again.
        self.assertEqual([line["change"] for line in self.log() if line["undoes"] == 1], [6])
        self.expect(FINE, "store", "undo", 6, output=None)
        self.assertEqual(self.names(), states[1])
        self.expect(USAGE, "store", "undo", 6, messages="taken back already, by change 7")
        self.expect(FINE, "store", "undo", 1, output=None)  # it stands again
        self.assertEqual(self.names(), {})
        self.expect(USAGE, "store", "undo", 1, messages="taken back already")
        for wrong in 99, 2**63 - 1, 2**64 - 1:
            self.expect(USAGE, "store", "undo", wrong, messages=f"no change {wrong}")
        for wrong in "-1", "x", "1.5", "", 2**64:
            self.expect(USAGE, "store", "undo", wrong, messages="CHANGE")
        self.verify()

    def test_undo_of_what_moved_since(self):
        self.add(CHAIN)
        self.add("fn base(n) { push 1 ret }", messages="still call")
        self.add("fn base(n) { push 2 ret }")
        before = self.log(), self.names()
        self.expect(USAGE, "store", "undo", 2, messages=["change 2", "`base`", "store log base"])
        self.expect(USAGE, "store", "undo", 1, messages="`base`")
        self.assertEqual((self.log(), self.names()), before)
        self.expect(FINE, "store", "undo", 3, output=None)
        self.expect(FINE, "store", "undo", 2, output=None)
        self.run_is(4, "base", 3)

    def test_several_files_are_one_change(self):
        self.expect(FINE, "store", "add", self.file("fn a() { push 1 ret }\n", "a.rvm"),
                    self.file("fn b() { push 2 ret }\n", "b.rvm"), output=None)
        names = self.names()
        self.assertEqual(self.moves(), {name: (None, names[name]) for name in ("a", "b")})
        self.expect(FINE, "store", "undo", output=None)
        self.assertEqual(self.names(), {})
        self.expect(WRONG, "store", "add", self.folder / "a.rvm",
                    self.file("fn a() { push 3 ret }\n", "c.rvm"),
                    messages="another of the files defines `a` otherwise")
        self.assertEqual(self.names(), {})

    def test_update_after_a_plain_add(self):
        self.add("fn leaf() { push 1 ret }\nfn top() { call leaf ret }\n")
        self.expect(FINE, "store", "add", self.file("fn leaf() { push 2 ret }\n"), output=None,
                    messages="still calls what was replaced: `top`")
        self.expect(FINE, "run", "top", output="1\n")
        self.add("fn leaf() { push 2 ret }\n", "--update")
        self.expect(FINE, "run", "top", output="2\n")

    def test_undo_of_what_came_back_to_the_same(self):
        for value in 1, 9, 1:
            self.add(f"fn a() {{ push {value} ret }}\n")
        self.expect(USAGE, "store", "undo", 1, messages="moved again")
        self.expect(FINE, "run", "a", output="1\n")

    def test_gc_takes_what_was_written_of_what_is_gone(self):
        self.add("; A comment.\nfn a() { push 1 ret }\n")
        self.expect(FINE, "store", "forget", "a", output=None)
        [report] = self.json(FINE, "store", "gc")
        self.assertEqual((len(report["functions"]), report["records"]), (1, 1))
        self.expect(FINE, "store", "log", output=None)
        self.expect(FINE, "store", "verify", output=None)

    def test_a_time_beyond_all_calendars(self):
        self.add(TWO)
        with contextlib.closing(sqlite3.connect(self.store)) as database, database:
            database.execute("UPDATE change SET time = 9223372036854775807")
        self.expect(FINE, "store", "log", output=None)
        self.expect(FINE, "store", "undo", output=None)

    def test_a_name_for_code_that_had_one_keeps_its_text(self):
        text = "; Comments stay.\nfn one() { push 1 ret }\n"
        self.add(text)
        hash = self.names()["one"]
        self.expect(FINE, "store", "forget", "one", output=None)
        self.expect(FINE, "store", "rename", "#" + hash, "uno", output=None)
        self.expect(FINE, "store", "show", "uno", output=text)

    def test_a_text_that_is_not_the_code_s_is_not_shown(self):
        """A record can be right in itself and yet lie about the code."""
        self.add("fn one(n) { load n push 1 add ret }\nfn two(n) { load n call one ret }\n")
        self.add("fn nought(n) { push 0 ret }\n")
        with contextlib.closing(sqlite3.connect(self.store)) as database, database:
            database.execute("UPDATE name SET binding = (SELECT binding FROM name WHERE name = "
                             "'nought') WHERE name = 'two'")
        ended = self.expect(FINE, "store", "show", "two", output=None, messages="is not its text")
        self.assertIn("call #", ended.output)
        self.assertNotIn("push 0", ended.output)
        [line] = [json.loads(line) for line in
                  self.call("store", "show", "two", "--json").output.splitlines()]
        self.assertFalse(line["as_written"])

    def test_rename_and_forget(self):
        self.add(CHAIN)
        mid = self.names()["mid"]
        self.expect(FINE, "store", "rename", "mid", "deeper.mid_2", output=f"{mid}  deeper.mid_2\n")
        self.run_is(8, "deeper.mid_2", 3)
        self.assertNotIn("mid", self.names())
        self.expect(FINE, "store", "rename", "#" + mid, "second", output=f"{mid}  second\n")
        self.assertEqual(self.names()["second"], self.names()["deeper.mid_2"])
        before = self.log(), self.names()
        for words, status, messages in (
                (["second", "base"], USAGE, "`base` is a name already"),
                (["base", "base"], USAGE, "already"),
                (["secnd", "x"], WRONG, "did you mean `second`?"),
                (["base", "9x"], USAGE, "`9x` is no name"),
                (["base", ""], USAGE, "no name"), (["base", "a b"], USAGE, "no name"),
                (["base", "#abc"], USAGE, "no name"),
                (["#00000000", "x"], WRONG, "#00000000"), (["#1", "x"], USAGE, "8 to 64")):
            with self.subTest(words):
                self.expect(status, "store", "rename", *words, messages=messages)
        self.expect(WRONG, "store", "forget", "base", "bas", messages="did you mean `base`?")
        self.expect(USAGE, "store", "forget", "#" + mid, messages="takes names")
        self.assertEqual((self.log(), self.names()), before)
        [*lines] = self.json(FINE, "store", "forget", "second", "base")
        self.assertEqual(lines, [{"hash": mid, "name": "second"},
                                 {"hash": before[1]["base"], "name": "base"}])
        self.run_is(4, "#" + before[1]["base"], 3)
        self.expect(FINE, "store", "undo", output=None)
        self.assertEqual(self.names(), before[1])

    def test_forget_twice_in_one(self):
        self.add(CHAIN)
        ended = self.call("store", "forget", "base", "base")
        self.assertIn(ended.status, (FINE, USAGE), ended)
        self.assertNotIn("constraint", ended.messages)

    def test_names(self):
        self.add(CHAIN)
        lines = self.output("store", "names").splitlines()
        self.assertEqual([line.split("  ")[1] for line in lines],
                         ["base", "mid", "other", "top"])
        self.expect(FINE, "store", "names", "mi", output=f"{self.names()['mid']}  mid\n")
        self.expect(FINE, "store", "names", "none")

    def test_deps(self):
        self.add(CHAIN + CYCLE)
        names = self.names()

        def related(*words):
            lines = self.json(FINE, "store", *words)
            for line in lines:
                self.assertEqual(line, {"hash": names[line["names"][0]], "names": line["names"]})
            return sorted(line["names"][0] for line in lines)

        self.assertEqual(related("deps", "top"), ["base", "mid"])
        self.assertEqual(related("deps", "base"), [])
        self.assertEqual(related("deps", "ask"), ["even"])
        self.assertEqual(related("deps", "--all", "ask"), ["even", "odd", "yes_is"])
        self.assertEqual(related("deps", "ask", "#" + names["mid"]), ["base", "even"])
        self.assertEqual(related("dependents", "base"), ["mid", "top"])
        self.assertEqual(related("dependents", "yes_is"), ["even"])
        self.assertEqual(related("dependents", "--all", "yes_is"), ["ask", "even", "odd"])
        self.assertEqual(self.output("store", "deps", "mid"), f"{names['base']}  base\n")
        self.expect(WRONG, "store", "deps", "mid", "bsae", messages="did you mean `base`?")


class Keep(StoreCase):
    def test_pin_and_gc(self):
        self.add(CHAIN + CYCLE)
        names = self.names()
        self.expect(FINE, "store", "pin")
        self.expect(FINE, "store", "gc", output=None)
        self.assertEqual(self.verify()["functions"], 8)
        self.expect(FINE, "store", "forget", "base", "mid", "top", "other", "even", "odd",
                    "yes_is", output=None)
        self.expect(FINE, "store", "pin", "#" + names["mid"], output=f"{names['mid']}\n")
        self.assertEqual(self.json(FINE, "store", "pin"), [{"hash": names["mid"], "names": []}])
        self.expect(WRONG, "store", "pin", "ask", "nobody", messages="nobody")
        self.assertEqual(len(self.json(FINE, "store", "pin")), 1)
        before = self.store.read_bytes()
        [plan] = self.json(FINE, "store", "gc", "--dry-run")
        self.assertEqual(self.store.read_bytes(), before)
        self.assertEqual([*plan], ["freed", "functions", "objects", "bytes", "records", "cached"])
        self.assertEqual(plan["functions"], sorted([names["top"], names["other"]]))
        said = self.output("store", "gc", "--dry-run")
        self.assertIn("would free 2 functions", said)
        self.assertEqual(self.output("store", "gc"), said.replace("would free", "freed"))
        self.verify()
        self.run_is(8, "#" + names["mid"], 3)
        self.run_is(1, "ask", 4)
        for gone in "top", "other":
            self.expect(WRONG, "run", "#" + names[gone], 3, messages="the store has no function")
        self.expect(FINE, "store", "gc", "--json", output=None)
        # A change whose code is gone cannot be taken back.
        state = self.log(), self.names()
        self.expect(USAGE, "store", "undo", messages=["change 2", "no longer in the store"])
        self.assertEqual((self.log(), self.names()), state)
        self.expect(FINE, "store", "pin", "--remove", "#" + names["mid"], output=None)
        self.expect(USAGE, "store", "pin", "--remove", "#" + names["mid"], messages="not pinned")
        self.expect(USAGE, "store", "pin", "--remove", messages="FUNCTION")
        self.expect(FINE, "store", "gc", output=None)
        self.assertEqual(self.verify()["functions"], 4)
        self.expect(FINE, "store", "forget", "ask", output=None)
        self.expect(FINE, "store", "gc", output=None)
        self.assertEqual(self.verify(), {"objects": 0, "functions": 0, "names": 0, "findings": []})

    def test_add_again_after_gc(self):
        self.add(CYCLE)
        names = self.names()
        self.expect(FINE, "store", "undo", output=None)
        self.expect(FINE, "store", "gc", output=None)
        self.add(CYCLE)
        self.assertEqual(self.names(), names)
        self.run_is(1, "ask", 4)
        self.verify()


class Ship(StoreCase):
    def export(self, *words, **more):
        return self.expect(FINE, "store", "export", *words, output=None, **more).bytes

    def test_the_same_bytes_for_the_same_set(self):
        self.add(CHAIN + CYCLE + ALIASES)
        whole = self.export()
        names = sorted(self.names())
        self.assertEqual(self.export(*names), whole)
        self.assertEqual(self.export(*reversed(names)), whole)
        self.assertEqual(self.export(*names, *names), whole)
        self.assertEqual(self.export(*["#" + hash for hash in self.names().values()]), whole)
        self.assertEqual(self.export("top", "base"), self.export("top"))
        self.assertNotEqual(self.export("mid"), self.export("top"))
        backwards = {"ROSETTAVM_STORE": str(self.folder / "other.db")}
        for text in ALIASES, CYCLE, "fn extra() { push 12345 ret }", CHAIN:
            lines = text.splitlines(keepends=True)
            self.expect(FINE, "store", "add", self.file("".join(reversed(lines))),
                        output=None, **backwards)
        self.expect(FINE, "store", "forget", "extra", "one", output=None, **backwards)
        self.expect(FINE, "store", "rename", "uno", "eins", output=None, **backwards)
        self.assertEqual(self.export(**backwards), whole)

    def test_there_and_back(self):
        self.add(CHAIN + CYCLE)
        names = self.names()
        for words in [], ["top"], ["ask", "mid"], ["odd"]:
            other = {"ROSETTAVM_STORE": str(self.folder / f"{'_'.join(words)}.db")}
            [line] = self.json(FINE, "store", "export", *words, "-o", "set.rvmx")
            data = (self.folder / "set.rvmx").read_bytes()
            self.assertEqual(line, {"file": "set.rvmx", "bytes": len(data), "hash": b3sum(data)})
            roots = self.json(FINE, "store", "import", "set.rvmx", **other)
            for line in roots:
                self.assertIs(line["new"], True)
            pinned = self.json(FINE, "store", "pin", **other)
            self.assertEqual(sorted(line["hash"] for line in pinned),
                             sorted(line["hash"] for line in roots))
            self.verify(**other)
            self.assertEqual(self.export(**other), data)
            self.expect(FINE, "store", "gc", output=None, **other)
            self.assertEqual(self.export(**other), data)
            for line in self.json(FINE, "store", "import", "-", stdin=data, **other):
                self.assertIs(line["new"], False)
            self.assertEqual(self.names(**other), {})
        self.expect(FINE, "store", "rename", "#" + names["odd"], "strange", output=None, **other)
        self.run_is(1, "strange", 5, **other)

    def test_object(self):
        self.add(CHAIN + CYCLE)
        for hash, data in self.objects().items():  # components, too
            self.assertEqual(self.export("--object", "#" + hash), data)
            self.assertEqual(b3sum(data), hash)
        for name, hash in self.names().items():
            data = self.export("--object", name)
            self.assertEqual(b3sum(data), hash)
            self.assertEqual(self.output("hash", "-", stdin=data), f"{hash}  -\n")
        self.expect(USAGE, "store", "export", "--object", "top", "mid", messages="--object")
        self.expect(USAGE, "store", "export", "--object", messages="--object")
        self.expect(WRONG, "store", "export", "--object", "tpo", messages="did you mean `top`?")

    def test_export_into_a_pipe_leaves_a_pipe(self):
        self.add(TWO)
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
            self.expect(FINE, "store", "export", "-o", pipe)
            self.assertEqual(reader.stdout.read()[:3], b"RVM")
        self.assertTrue(pipe.is_fifo())

    def test_export_that_cannot_be(self):
        self.add(CHAIN)
        self.expect(WRONG, "store", "export", "top", "nobody", "-o", "x", messages="nobody")
        self.assertFalse((self.folder / "x").exists())
        self.expect(USAGE, "store", "export", "--json", "top", output=None)
        for path in self.folder, self.folder / "none" / "x", "/dev/full":
            if path != "/dev/full":
                self.expect(MACHINE, "store", "export", "top", "-o", path, messages=str(path))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "store", "export", "top"], stdout=full,
                                  stderr=subprocess.PIPE,
                                  env=self.environment())
        self.assertEqual(done.returncode, MACHINE)
        self.assertNotEqual(done.stderr, b"")

    def test_import_keeps_nothing_of_a_bad_one(self):
        self.add(CHAIN)
        good = self.export("top")
        store = {"ROSETTAVM_STORE": str(self.folder / "other.db")}
        self.expect(FINE, "store", "add", self.file(TWO), output=None, **store)
        before = self.verify(**store), self.names(**store)
        self.file(good, "good.rvmx")
        for name, data in {"cut": good[:-1], "longer": good + b"\0", "empty": b"",
                           "text": CHAIN.encode(),
                           "twice": good + good, "version": good[:4] + b"\2" + good[5:],
                           "object": self.export("--object", "top"), "tag": good[:5]}.items():
            with self.subTest(name):
                self.file(data, name)
                for words in [name], ["good.rvmx", name], [name, "good.rvmx"]:
                    self.expect(MACHINE, "store", "import", *words, messages=f"{name}: ", **store)
                [line] = self.json(MACHINE, "store", "import", name, **store)
                self.assertIn(f"{name}: ", line["error"])
                self.assertEqual((self.verify(**store), self.names(**store)), before)


class Diff(StoreCase):
    def differences(self, a, b):
        lines = self.json(None or TRAPPED, "store", "diff", a, b)
        for line in lines:
            extra = {"changed": ["lines"], "renamed": ["new_name"]}.get(line["difference"], [])
            self.assertEqual(sorted(line),
                             sorted(["difference", "name", "before", "after", *extra]))
        return {line["name"]: line["difference"] for line in lines}

    CHANGED = {"base": "changed", "mid": "calls what changed", "top": "calls what changed"}

    def test_files(self):
        old, new = self.file(CHAIN, "old.rvm"), self.file(BASE + CHAIN.split("\n", 1)[1], "new.rvm")
        self.expect(FINE, "store", "diff", old, old)
        self.assertEqual(self.differences(old, new), self.CHANGED)
        text = self.expect(TRAPPED, "store", "diff", old, new, output=None).output
        self.assertRegex(text, r"(?s)^changed: base  #\w{8} → #\w{8}\n"
                               r".*  - +push 1\n  \+ +push 10\n.*"
                               r"calls what changed: mid  #\w{8} → #\w{8}\n")
        text = CHAIN.replace("fn other", "fn another").replace("fn top", "fn t2")
        other = self.file(text.replace("call mid call base", "call mid")
                          + "fn more() { push 1 ret }\n", "other.rvm")
        self.assertEqual(self.differences(old, other), {
            "other": "renamed", "top": "removed", "t2": "added", "more": "added"})
        self.assertFalse(self.store.exists())
        # Layout, names of locals and comments are no difference.
        text = CHAIN.replace("(n)", "(nn)").replace("load n ", "load nn ; n\n ")
        self.expect(FINE, "store", "diff", old, self.file(text))
        self.expect(MACHINE, "store", "diff", old, "none.rvm", messages="none.rvm")
        self.expect(WRONG, "store", "diff", old, self.file("fn"), messages="error")

    def test_stored(self):
        self.add(CHAIN)
        before = self.names()
        old = self.file(CHAIN, "old.rvm")
        self.expect(FINE, "store", "diff", "top", old)
        self.add(BASE, "--update")
        for a, b in ("#" + before["top"], "top"), (old, "top"):
            self.assertEqual(self.differences(a, b), self.CHANGED)
            self.assertEqual([*self.differences(b, a).values()], [*self.CHANGED.values()])
        self.assertEqual(self.differences("#" + before["mid"], "mid"),
                         {"base": "changed", "mid": "calls what changed"})
        self.expect(FINE, "store", "diff", "other", "#" + before["other"])
        self.expect(USAGE, "store", "diff", "top", self.file(TWO), messages="`top`")
        self.expect(WRONG, "store", "diff", "top", "tpo", messages="did you mean `top`?")

    def test_calls_something_else(self):
        text = "fn f() { push 1 ret }\nfn g() { push 2 ret }\nfn h() { call f ret }\n"
        a, b = self.file(text, "a.rvm"), self.file(text.replace("call f", "call g"), "b.rvm")
        self.assertEqual(self.differences(a, b), {"h": "changed"})


if __name__ == "__main__":
    sys.exit(main("store history", sys.modules[__name__]))
