#!/usr/bin/env python3
"""The store as its users meet it: store_test.py PROGRAM REPOSITORY [TEST…].

What goes in, calls by hash, what is shown again, and the answers that `test` keeps. History, gc,
export and diff: store_history_test.py. Where it is: store_places_test.py. Damage, crashes and
several processes at once: store_faults_test.py.
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
from store_caller import (ALIASES, BASE, CHAIN, CYCLE, FINE, MACHINE, REPOSITORY, TRAPPED, USAGE,
                          WRONG, StoreCase, b3sum, main)

# Two functions whose hashes begin with the same eight digits.
TWINS = "fn one() { push 133373 ret }\nfn two() { push 147877 ret }\n"
PREFIX = "1847115d"

SHOP = """\
; What a customer pays, in cents.
;   (Two lines.)
fn price(cents, count) {
    load cents   load count  mul
\tcall discount           ; the more, the cheaper
    ret
} ; behind

; Not above a function.

fn discount(cents) { load cents push 10 sub ret }  fn free() { push 0 ret }
"""


class CallByHash(StoreCase):
    def main_of(self, digits):
        return self.file(f"fn main(n) {{ load n call #{digits} push 100 mul ret }}\n")

    def test_run(self):
        self.add(CHAIN)
        whole = self.names()["top"]
        for digits in whole, whole[:8], whole[:63], whole.upper(), whole[:11].upper():
            self.run_is(900, self.main_of(digits), 3)
            self.run_is(9, "#" + digits, 3)
        hashes = {self.output("hash", self.main_of(whole[:n])) for n in (8, 20, 64)}
        self.assertEqual(len(hashes), 1)
        # Given by name or by hash makes no difference.
        named = self.output("hash", self.file(
            CHAIN + "fn main(n) { load n call top push 100 mul ret }"))
        self.assertIn(hashes.pop(), named)

    def test_what_it_cannot_be(self):
        self.add(CHAIN)
        whole = self.names()["top"]
        absent = whole[:-1] + ("0" if whole[-1] != "0" else "1")
        for digits in whole[:7], "", "1", whole + "0", "xyzxyzxyz", whole[:8] + "g":
            with self.subTest(digits):
                self.expect(WRONG, "run", self.main_of(digits), 3, messages=":1:26: error:")
                self.expect(USAGE, "run", "#" + digits, 3, messages="8 to 64")
                self.expect(USAGE, "store", "show", "#" + digits, messages="8 to 64")
        for digits in absent, absent[:7] + ("0" if whole[7] != "0" else "1"):
            self.expect(WRONG, "run", self.main_of(digits), 3,
                        messages=":1:26: error: the store has no")
            self.expect(WRONG, "run", "#" + digits, 3, messages=["the store has no", digits])
            self.expect(WRONG, "store", "deps", "#" + digits, messages=["the store has no", digits])
        # An object that is no function.
        self.add(CYCLE)
        [component] = [hash for hash, data in self.objects().items() if data[3] == 1]
        for words in ["run"], ["store", "pin"], ["store", "show"], ["store", "export"]:
            self.expect(WRONG, *words, "#" + component, messages="no function")
        self.expect(WRONG, "run", self.main_of(component), 3, messages="no function")
        # A suggestion, for who forgets the `#`.
        self.expect(WRONG, "store", "show", "abcdef12", messages="#abcdef12")

    def test_candidates(self):
        self.add(TWINS)
        names = self.names()
        self.assertEqual({digits[:8] for digits in names.values()}, {PREFIX},
                         "the hashes have changed: look for other twins")
        for words in ["run", self.main_of(PREFIX), 1], ["run", "#" + PREFIX], \
                ["store", "show", "#" + PREFIX], ["show", "#" + PREFIX.upper()]:
            self.expect(WRONG, *words, messages=["several", *names.values(), "one", "two"])
        self.run_is(133373, "#" + names["one"][:9])
        self.run_is(147877, "#" + names["two"][:9])

    def test_arguments_and_traps(self):
        self.add("; Shares.\nfn share(cake, guests: i32, x: f32) -> (i64, f32) {\n"
                 "; a comment\n  load cake load guests to_i64 div load x ret }\n"
                 "fn loop_on() { again: jump again }\n"
                 "fn calls(n) { load n push 0i32 push 1f32 call share ret }\n")
        self.expect(FINE, "run", "share", 12, "-4", "0.5", output="-3\n0.5\n")
        [report] = self.json(FINE, "run", "#" + self.names()["share"], 12, 4, 1)
        self.assertEqual(report["results"], [
            {"type": "i64", "value": "3"}, {"type": "f32", "value": "1.0"}])
        for words, messages in ([], "3 arguments, not 0"), ([1, "x", 2], "guests"), \
                ([1, 2**31, 0], "guests"), \
                ([1, 2, 3, 4], "3 arguments, not 4"):
            self.expect(USAGE, "run", "share", *words, messages=["share", messages])
        short = self.names()["share"][:8]
        trap = self.expect(TRAPPED, "run", "calls", 1, output="", messages=[
            "trap: integer-divide-by-zero in `share`", f"#{short}:", "called from `calls`", "div"])
        # Its place is a line of what `show` prints.
        place = re.search(rf"#{short}:(\d+):(\d+): trap", trap.messages)
        line = self.output("show", "#" + short).splitlines()[int(place[1]) - 1]
        self.assertTrue(line[int(place[2]) - 1:].startswith("div"), line)
        [trap] = self.json(TRAPPED, "run", "calls", 1)
        self.assertEqual((trap["trap"], trap["function"], trap["hash"]),
                         ("integer-divide-by-zero", "share", self.names()["share"]))
        self.expect(TRAPPED, "run", "loop_on", "--fuel", 9,
                    messages="trap: out-of-fuel in `loop_on`")
        self.expect(USAGE, "run", "share", 1, 2, 3, "--entry", "share", messages="--entry")
        self.expect(WRONG, "run", "shore", 1, messages="did you mean `share`?")
        # From a file.
        path = self.file("fn main() {\n    push 1 push 0i32 push 1f32\n"
                         f"    call #{short}\n    ret\n}}\n")
        self.expect(TRAPPED, "run", path, messages=[
            f"#{short}:", "called from `main` at", "program.rvm:3:5"])

    def test_a_file_goes_before_a_name(self):
        self.add(CHAIN)
        self.run_is(9, "top", 3)
        self.file("fn main(n) { push 77 ret }", "top")
        self.run_is(77, "top", 3)
        self.expect(MACHINE, "run", "top.rvm", messages="cannot read `top.rvm`")

    def test_cycles(self):
        self.add(CYCLE)
        for name, hash in self.names().items():
            if name != "yes_is":
                self.run_is(int(name == "odd"), "#" + hash, 7)
                self.run_is(int(name != "odd"), name, 8)


class Show(StoreCase):
    def test_what_was_written(self):
        self.add(SHOP)
        head, discount = SHOP.split("\n; Not above a function.\n\n")
        self.expect(FINE, "store", "show", "price", output=head)
        self.expect(FINE, "store", "show", "discount", output=discount.split("  fn free")[0] + "\n")
        self.expect(FINE, "store", "show", "free", output="fn free() { push 0 ret }\n")
        self.expect(FINE, "store", "show", "price", "free",
                    output=head + "\nfn free() { push 0 ret }\n")
        self.expect(FINE, "store", "show", "#" + self.names()["price"][:8], output=head)
        ended = self.expect(WRONG, "store", "show", "fre", "price", output=head, messages="`free`")
        self.assertEqual(ended.messages.count("\n"), 1)
        for name, text in ("price", head), ("free", "fn free() { push 0 ret }\n"):
            [line] = self.json(FINE, "store", "show", name)
            self.assertEqual(line, {
                "hash": self.names()[name], "names": [name],
                "params": ["i64"] * text.count("load c"),
                "results": ["i64"], "as_written": True, "text": text})

    def test_nothing_of_what_was_written_disturbs_a_terminal(self):
        text = "; \x1b[31mred\nfn f() { ; é\u202e\n push 1 ret }\n"
        self.add(text)
        self.assertEqual(self.json(FINE, "store", "show", "f")[0]["text"], text)
        self.expect(FINE, "store", "show", "f", output=text)  # to a pipe: byte for byte

    def test_each_example_reads_back(self):
        for path in sorted((REPOSITORY / "examples").glob("*.rvm")):
            store = {"ROSETTAVM_STORE": str(self.folder / (path.stem + ".db"))}
            self.expect(FINE, "store", "add", path, output=None, **store)
            for name, digits in self.names(**store).items():
                text = self.output("show", "--all", name, **store).encode()
                again = self.output("hash", self.file(text))
                self.assertIn(f"{digits}  {name}\n", again)
                [line] = self.json(FINE, "store", "show", name, **store)
                self.assertIn(line["text"].strip(), path.read_text())

    def test_text_that_is_no_utf8(self):
        text = b"fn coffee() { ; caf\xe9\n    push 1 ret }\n"
        self.add(text)
        self.assertEqual(self.expect(FINE, "store", "show", "coffee", output=None).bytes, text)
        [line] = self.json(FINE, "store", "show", "coffee")
        self.assertIn("caf", line["text"])

    def test_written_anew(self):
        """Other words for the same code; and what is said of it, and taken back."""
        first, second = "fn f(n) { load n ret }\n", "; better\nfn f(m) {\n    load m\n    ret\n}\n"
        self.add(first)
        self.assertEqual(self.add(second), {"f": "there already, written anew"})
        self.expect(FINE, "store", "show", "f", output=second)
        self.assertIn("written anew", self.output("store", "log", "--most", 1))
        self.expect(FINE, "store", "undo", output=None)
        self.expect(FINE, "store", "show", "f", output=first)
        # Each of two names has its own.
        self.add("fn g(other) { load other ret }")
        self.expect(FINE, "store", "show", "f", output=first)
        self.expect(FINE, "store", "show", "g", output="fn g(other) { load other ret }\n")

    def test_line_ends(self):
        self.add(SHOP.replace("\n", "\r\n"))
        [line] = self.json(FINE, "store", "show", "price")
        self.assertEqual(line["text"].replace("\r", ""), SHOP.split("\n; Not above")[0])

    def test_without_a_record(self):
        """What an import brings has no writer."""
        self.add(CHAIN)
        self.expect(FINE, "store", "export", "mid", "-o", "mid.rvmx")
        store = {"ROSETTAVM_STORE": str(self.folder / "other.db")}
        self.expect(FINE, "store", "import", "mid.rvmx", output=None, **store)
        hash = self.names()["mid"]
        [line] = self.json(FINE, "store", "show", "#" + hash, **store)
        self.assertEqual((line["as_written"], line["names"]), (False, []))
        self.assertIn(line["text"].rstrip(), self.output("store", "show", "#" + hash, **store))
        self.assertIn(f"call #{self.names()['base']}", line["text"])


class Add(StoreCase):
    def test_what_it_says(self):
        self.add("fn thrice(n) { load n push 3 mul ret }")
        self.assertEqual(self.add(ALIASES), {
            "one": "new", "uno": "new, the same code as one", "by_one": "new", "by_uno": "new",
            "both": "new"})
        self.assertEqual(self.add(ALIASES), {
            "one": "there already", "uno": "there already, the same code as one",
            "by_one": "there already", "by_uno": "there already", "both": "there already"})
        self.assertEqual(self.add("fn times_3(m) { load 0 i64.const 3 mul ret }"),
                         {"times_3": "there already, named now"})
        three = self.names()["thrice"][:8]
        self.assertEqual(self.add("fn times_3(m) { push 9 ret }"),
                         {"times_3": f"new, was #{three}"})
        nine = self.names()["times_3"][:8]
        self.assertEqual(self.add("fn times_3(m) { load m push 3 mul ret }"),
                         {"times_3": f"there already, named now, was #{nine}"})
        self.assertEqual(len(self.log()), 5)  # what changes no name is no change
        self.verify()

    def test_json(self):
        lines = self.json(FINE, "store", "add", self.file(ALIASES))
        hashes = self.names()
        self.assertEqual(lines[:3], [
            {"hash": hashes["one"], "name": "one", "new": True, "before": None},
            {"hash": hashes["one"], "name": "uno", "new": True, "before": None, "same_as": "one"},
            {"hash": hashes["by_one"], "name": "by_one", "new": True, "before": None}])
        lines = self.json(FINE, "store", "add", "--update",
                          self.file("fn one(n) { load n push 5 add ret }"))
        for line in lines:
            self.assertEqual(line["hash"], self.names()[line["name"]])
            self.assertEqual(line["before"], hashes[line["name"]])
            self.assertIs(line["new"], True)
            self.assertEqual(line.get("relinked"), None if line["name"] == "one" else True)
        self.assertEqual([line["name"] for line in lines], ["one", "both", "by_one"])
        self.assertEqual(self.json(FINE, "store", "add", self.file(""), "--update"), [])
        [line] = self.json(WRONG, "store", "add", self.file("fn f() {"))
        self.assertEqual(line["error_count"], 1)
        [line] = self.json(MACHINE, "store", "add", "none.rvm")
        self.assertIn("none.rvm", line["error"])

    def test_several_files_are_one_change_of_the_store(self):
        one, two = self.file(CHAIN, "a.rvm"), self.file(TWINS, "b.rvm")
        for wrong, status in (self.file("fn f() { add ret }", "wrong.rvm"), WRONG), \
                (self.folder / "none.rvm", MACHINE), (self.folder, MACHINE):
            self.expect(status, "store", "add", one, wrong, two, messages=pathlib.Path(wrong).name)
            self.expect(FINE if self.store.exists() else MACHINE, "store", "names",
                        messages="" if self.store.exists() else "no store")
        self.expect(FINE, "store", "add", one, two, output=None)
        self.assertEqual(len(self.names()), 6)
        self.expect(FINE, "store", "add", "-", stdin=b"fn piped() { push 5 ret }", output=None)
        self.run_is(5, "piped")

    def test_later_files_call_earlier_ones_by_hash(self):
        digits = self.output("hash", self.file(CHAIN, "a.rvm"))[:64]
        self.expect(FINE, "store", "add", self.file(CHAIN, "a.rvm"),
                    self.file(f"fn late() {{ push 5 call #{digits[:12]} ret }}", "b.rvm"),
                    output=None)
        self.run_is(6, "late")
        self.verify()

    def test_dry_run(self):
        self.add(CHAIN)
        before, log, names = self.store.read_bytes(), self.log(), self.names()
        plain = self.expect(
            FINE, "store", "add", "--dry-run", self.file(BASE), output=None, messages=[
            "2 names still call", "`mid`", "`top`", "--update", "nothing was changed"])
        update = self.expect(
            FINE, "store", "add", "--dry-run", "--update", self.file(BASE), output=None,
                             messages="nothing was changed")
        self.assertEqual(self.store.read_bytes(), before)
        self.assertEqual((self.log(), self.names()), (log, names))
        self.assertEqual(self.output("store", "add", "--update", self.file(BASE)), update.output)
        self.assertTrue(update.output.startswith(plain.output))

    def test_names_in_texts_stay_there(self):
        self.add(CHAIN)
        self.expect(WRONG, "store", "add", self.file("fn f() { push 1 call base ret }"),
                    messages="`base`")


class Update(StoreCase):
    def test_a_chain(self):
        self.add(CHAIN)
        before = self.names()
        self.add(BASE, messages=["2 names still call", "`mid`, `top`", "--update makes them anew"])
        self.run_is(8, "mid", 3)
        self.expect(FINE, "store", "undo", output=None)
        said = self.add(BASE, "--update")
        self.assertEqual(said, {"base": f"there already, named now, was #{before['base'][:8]}",
                                "mid": f"relinked, was #{before['mid'][:8]}",
                                "top": f"relinked, was #{before['top'][:8]}"})
        for name, value in ("base", 13), ("mid", 26), ("top", 36), ("other", 9):
            self.run_is(value, name, 3)
            self.run_is(value, "#" + self.names()[name], 3)
        self.run_is(9, "#" + before["top"], 3)  # a hash never changes its meaning
        self.assertEqual(self.names()["other"], before["other"])
        # The same as if all had been written anew.
        fresh = dict(reversed(line.split("  ")) for line in
                     self.output("hash", self.file(BASE + CHAIN.split("\n", 1)[1])).splitlines())
        self.assertEqual(self.names(), fresh)
        for name in "mid", "top":
            [text] = [line for line in CHAIN.splitlines() if f"fn {name}(" in line]
            self.expect(FINE, "store", "show", name, output=text + "\n")
        self.verify()

    def test_a_cycle(self):
        self.add(CYCLE)
        self.add("fn yes_is() { push 42 ret }", "--update")
        for name, at, value in ("ask", 4, 42), ("ask", 3, 0), ("odd", 3, 42), ("even", 0, 42):
            self.run_is(value, name, at)
        # One member of a cycle, by hash from outside.
        odd = "fn odd(n) { load n jumpifnot no push 1000 ret no: push 7 ret }"
        said = self.add(odd, "--update")
        self.assertEqual(sorted(said), ["ask", "even", "odd"])
        self.run_is(1000, "ask", 3)
        self.run_is(7, "even", 1)
        self.verify()
        self.expect(FINE, "store", "undo", output=None)
        self.run_is(42, "ask", 4)

    def test_two_change_places(self):
        text = ("fn a(n) { load n push 1 add ret }\nfn b(n) { load n push 2 add ret }\n"
                "fn calls_a(n) { load n call a ret }\nfn calls_b(n) { load n call b nop ret }\n")
        self.add(text)
        before = self.names()
        self.add("fn b(n) { load n push 1 add ret }\nfn a(n) { load n push 2 add ret }", "--update")
        self.assertEqual((self.names()["a"], self.names()["b"]), (before["b"], before["a"]))
        for name, value in ("calls_a", 2), ("calls_b", 1):
            self.run_is(value, name, 0)
        self.add("".join(text.splitlines(keepends=True)[:2]), "--update")
        self.assertEqual(self.names(), before)
        # They become one function, and two again.
        self.add("fn a(n) { load n push 7 add ret }\nfn b(n) { load n push 7 add ret }", "--update")
        self.add("fn a(n) { load n push 8 add ret }\nfn b(n) { load n push 9 add ret }", "--update")
        for name, value in ("calls_a", 8), ("calls_b", 9):
            self.run_is(value, name, 0)
        self.verify()

    def test_a_cycle_that_comes_about(self):
        """The new function calls by hash what calls the old one: that is what its writer means, and
        what is stored is what he wrote."""
        self.add(CHAIN)
        text = f"fn base(n) {{ load n call #{self.names()['mid']} ret }}"
        wanted = self.output("hash", self.file(text))[:64]
        self.add(text, "--update")
        self.assertEqual(self.names()["base"], wanted)
        shown = self.output("store", "show", "base").encode()
        self.assertEqual(self.output("hash", self.file(shown))[:64], self.names()["base"])

    def test_all_or_nothing(self):
        self.add(CHAIN)
        before, content = self.log(), self.names()
        for text in ("fn base(n: f64) { load n ret }", "fn base(n, m) { load n ret }",
                     "fn base(n) { load n to_f64 ret }", "fn base(n) -> () { ret }"):
            with self.subTest(text):
                path = self.file(text + " fn fresh() { push 1 ret }")
                for words in [], ["--dry-run"]:
                    self.expect(WRONG, "store", "add", "--update", path, *words,
                                messages="`mid` does not fit")
                [line] = self.json(WRONG, "store", "add", "--update", path)
                self.assertIn("`mid`", line["error"])
                self.assertEqual((self.log(), self.names()), (before, content))
        # Of several files, too.
        self.expect(WRONG, "store", "add", "--update", self.file(TWINS, "a.rvm"),
                    self.file("fn base(n: f64) { load n ret }"), messages="`mid`")
        self.assertEqual(self.names(), content)
        # Without --update a caller has nothing to fit.
        self.add("fn base(n: f64) { load n ret }", messages="2 names still call")
        self.run_is(8, "mid", 3)
        self.verify()

    def test_a_caller_that_comes_along(self):
        self.add(CHAIN)
        self.add("fn base(n, m) { load n load m add ret }\n"
                 "fn mid(n) { load n load n call base ret }\n"
                 "fn top(n) { load n call mid ret }\n", "--update")
        self.run_is(6, "top", 3)

    def test_unnamed_between(self):
        self.add(CHAIN)
        self.expect(FINE, "store", "forget", "mid", output=None)
        self.assertEqual(sorted(self.add(BASE, "--update")), ["base", "top"])
        self.run_is(36, "top", 3)
        self.assertNotIn("mid", self.names())
        self.verify()

    def test_aliases(self):
        self.add(ALIASES)
        path = self.file("fn one(n) { load n push 100 add ret }")
        said = self.add(pathlib.Path(path).read_text(), "--update")
        self.assertEqual(sorted(said), ["both", "by_one", "one"])
        for name, value in ("one", 100), ("uno", 1), ("by_one", 100), ("by_uno", 1), ("both", 101):
            self.run_is(value, name, 0)
        # Both names at once.
        self.add("fn one(n) { load n push 5 add ret }\nfn uno(n) { load n push 6 add ret }",
                 "--update")
        for name, value in ("by_one", 5), ("by_uno", 6), ("both", 11):
            self.run_is(value, name, 0)
        self.verify()

    def test_aliases_and_what_is_said_without_update(self):
        self.add(ALIASES)
        ended = self.expect(FINE, "store", "add", "--dry-run",
                            self.file("fn one(n) { load n ret }"), output=None,
                            messages="still call")
        self.assertNotIn("`by_uno`", ended.messages)  # --update would not make it anew

    def test_alias_and_unnamed_between(self):
        self.add("fn leaf(n) { load n push 1 add ret }\nfn twin(n) { load n push 1 add ret }\n"
                 "fn hidden(n) { load n call leaf push 2 mul ret }\n"
                 "fn apex(n) { load n call hidden ret }\n")
        self.expect(FINE, "store", "forget", "hidden", output=None)
        self.add("fn leaf(n) { load n push 5 add ret }", "--update")
        self.run_is(12, "apex", 1)  # hidden was written with `leaf`

    def test_calls_by_hash(self):
        self.add(CHAIN)
        old = self.names()["base"]
        self.add(f"; by hash\nfn hashed() {{ push 1 call #{old[:8]} ret }}")
        self.add(BASE, "--update")
        self.run_is(11, "hashed")
        [line] = self.json(FINE, "store", "show", "hashed")
        self.assertEqual(self.output("hash", self.file(line["text"]))[:64], self.names()["hashed"])


class Hashes(StoreCase):
    def test_hash(self):
        path = self.file(ALIASES)
        ended = self.expect(FINE, "hash", path, output=None,
                            messages="`uno` is the same code as `one`\n")
        rows = [line.split("  ") for line in ended.output.splitlines()]
        self.assertEqual([name for _, name in rows], ["one", "uno", "by_one", "by_uno", "both"])
        self.assertEqual(rows[0][0], rows[1][0])
        lines = self.json(FINE, "hash", path)
        self.assertEqual([[line["hash"], line["name"]] for line in lines], rows)
        self.assertEqual([line.get("same_as") for line in lines], [None, "one", None, None, None])
        self.add(ALIASES)
        self.assertEqual(self.names(), {name: hash for hash, name in rows})
        self.expect(WRONG, "hash", self.file("fn"), messages="error")
        self.expect(FINE, "hash", self.file(""))
        # Anything that is not called .rvm is bytes.
        self.expect(FINE, "hash", self.file(ALIASES, "text"),
                    output=f"{b3sum(ALIASES.encode())}  {self.folder}/text\n")


class Cache(StoreCase):
    CHECKED = """\
fn half(n) { push 10 load n div ret }
fn forever() { again: jump again }
fn deep(n) { load n jumpifnot end load n push 1 sub call deep ret end: push 0 ret }
check half(2) == 5
check half(0) traps integer-divide-by-zero
"""
    NEVER = """\
check half(5) fuel 10 == 2
check half(5) depth 10 == 2
check forever() fuel 10 traps out-of-fuel
check deep(100) depth 10 traps call-depth-exceeded
"""

    def answer_is(self, text, passed, cached, failed=0, *words, **more):
        status = TRAPPED if failed else FINE
        said = f" ({cached} cached)" if cached else ""
        self.expect(status, "test", self.file(text), *words,
                    messages="check failed" if failed else "",
                    output="".join(f"{engine}: {passed} passed{said}, {failed} failed\n"
                                   for engine in ("interp", "jit")), **more)

    def test_twice(self):
        self.answer_is(self.CHECKED, 2, 0)
        self.answer_is(self.CHECKED, 2, 2)
        self.answer_is(self.CHECKED, 2, 0, 0, "--fresh")
        [_, line] = self.json(FINE, "test", self.file(self.CHECKED))
        self.assertEqual(line, {"engine": "jit", "passed": 2, "cached": 2, "failed": 0,
                                "left_out": 0})
        [_, line] = self.json(FINE, "test", "--fresh", self.file(self.CHECKED))
        self.assertEqual(line["cached"], 0)
        self.answer_is(self.CHECKED, 2, 0, ROSETTAVM_STORE=str(self.folder / "other.db"))
        self.expect(FINE, "store", "gc", output=None)
        self.answer_is(self.CHECKED, 2, 0)
        self.assertEqual(self.names(), {})  # it keeps answers, no code

    def test_fresh_keeps_nothing(self):
        self.answer_is(self.CHECKED, 2, 0, 0, "--fresh")
        self.assertFalse(self.store.exists())

    def test_by_content(self):
        self.answer_is(self.CHECKED, 2, 0)
        text = re.sub(r"\b(half|n)\b", r"\1_2", self.CHECKED.replace("fn ", "\nfn  "))
        self.answer_is(text, 2, 2)
        self.answer_is(self.CHECKED.replace("push 10", "push 11"), 2, 0)
        self.answer_is(self.CHECKED + "check half(3) == 3\n", 3, 2)
        self.answer_is(self.CHECKED.replace("== 5", "== 6"), 1, 1, 1)
        self.answer_is("fn half(n: i32) { push 10i32 load n div ret }\ncheck half(2) == 5\n", 1, 0)
        calls = "fn f() { push 2 call half ret }\ncheck f() == 5\n"
        self.answer_is(self.CHECKED + calls, 3, 2)
        self.answer_is(self.CHECKED.replace("push 10", "push 8") + calls, 0 + 1, 0, 2)

    def test_a_limit_is_never_kept(self):
        for _ in range(2):
            self.answer_is(self.CHECKED.split("check")[0] + self.NEVER, 4, 0)

    def test_a_failure_is_never_kept(self):
        for cached in 0, 2, 2:
            self.answer_is(self.CHECKED + "check half(1) == 11\n", 2, cached, 1)


if __name__ == "__main__":
    sys.exit(main("store", sys.modules[__name__]))
