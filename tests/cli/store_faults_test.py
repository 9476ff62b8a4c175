#!/usr/bin/env python3
"""The store when things go wrong: store_faults_test.py PROGRAM REPOSITORY [TEST…].

Processes that are killed, many at once, damage to every bit of what is stored and exported, and to
the database file. Fewer of each where the program's path has a folder `dev` (sanitizers) or with
ROSETTAVM_QUICK=1.
"""

import concurrent.futures
import itertools
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from store_caller import (BASE, CHAIN, CYCLE, FINE, MACHINE, PATIENCE, PROGRAM, QUICK, TRAPPED,
                          USAGE, WRONG, StoreCase, b3sum, main)

# Objects of all three kinds, few bytes: a component with its two members, two functions.
SMALL = """\
fn even(n) { load n jumpifnot yes load n push 1 sub call odd ret yes: push 1 ret }
fn odd(n) { load n jumpifnot no load n push 1 sub call even ret no: push 0 ret }
fn twice(n) { load n push 2.5 to_i64 mul ret }
fn all(n) { load n call even load n call twice add ret }
"""


def many(prefix, size):
    """A program whose functions call each other; no two of two prefixes are the same."""
    first = int.from_bytes(prefix.encode(), "big")
    lines = [f"fn {prefix}_0() {{ push {first} push 0 add ret }}"]
    lines += [f"fn {prefix}_{i}() {{ call {prefix}_{i * 7 // 8} push {i} add ret }}"
              for i in range(1, size)]
    return "\n".join(lines) + "\n"


def bits(data, step=1, first=0):
    """The number of a bit, and the data with that bit flipped."""
    for bit in range(first, len(data) * 8, step):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(flipped)


class Killed(StoreCase):
    def kill(self, seconds, *words):
        """Starts a command and kills it after that time: whether it was quicker."""
        process = subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   cwd=self.folder, env=self.environment())
        time.sleep(seconds)
        process.kill()
        return process.wait(timeout=PATIENCE) != -signal.SIGKILL

    def duration(self, *words, **more):
        begun = time.monotonic()
        self.expect(FINE, *words, output=None, **more)
        return time.monotonic() - begun

    def test_add(self):
        chance = random.Random(1)
        size = 300
        there = {"ROSETTAVM_STORE": str(self.folder / "first.db")}
        longest = 1.2 * self.duration("store", "add", self.file(many("m", size)), **there)
        self.add(CHAIN)
        committed = self.names()
        done = 0
        for turn in range(12 if QUICK else 50):
            path = self.file(many(f"k{turn}", size))
            finished = self.kill(chance.uniform(0, longest), "store", "add", path)
            names = self.names()
            added = {name for name in names if name.startswith(f"k{turn}_")}
            self.assertIn(len(added), (0, size))
            self.assertTrue(added or not finished)
            for name, hash in committed.items():
                self.assertEqual(names.get(name), hash)
            self.assertEqual(len(names), len(committed) + len(added))
            committed = names
            if turn % 3 == 0:
                self.assertEqual(self.verify()["names"], len(names))
            done += bool(added)
        self.verify()
        self.assertEqual(len(self.log()), 1 + done)
        self.run_is(8, "mid", 3)

    def test_the_first_add(self):
        """Killed while it makes the file: what is left becomes a store with the next add."""
        chance = random.Random(2)
        path, other = self.file(many("first", 40)), self.file(CHAIN, "other.rvm")
        there = {"ROSETTAVM_STORE": str(self.folder / "first.db")}
        longest = 1.2 * self.duration("store", "add", path, **there)
        for _ in range(8 if QUICK else 40):
            for file in self.folder.glob("store.db*"):
                file.unlink()
            self.kill(chance.uniform(0, longest), "store", "add", path)
            ended = self.call("store", "names")
            self.assertIn((ended.status, len(ended.output.splitlines())),
                          [(MACHINE, 0), (FINE, 0), (FINE, 40)])
            self.expect(FINE, "store", "add", other, output=None)
            self.assertIn(self.verify()["names"], (4, 44))

    def test_other_commands(self):
        chance = random.Random(3)
        self.add(many("x", 200))
        self.expect(FINE, "store", "export", "-o", "x.rvmx")
        update = self.file("fn x_0() { push 77 ret }", "update.rvm")
        before = self.names()
        master = self.folder / "master.db"
        shutil.copy(self.store, master)
        for words, states in ((["add", "--update", update], 2), (["gc"], 1), (["undo"], 2),
                              (["import", "x.rvmx"], 1)):
            shutil.copy(master, self.store)
            longest = 1.2 * self.duration("store", *words)
            found = set()
            for turn in range(4 if QUICK else 15):
                shutil.copy(master, self.store)
                for file in self.folder.glob("store.db-*"):
                    file.unlink()
                self.kill(chance.uniform(0, longest), "store", *words)
                self.verify()
                names = self.names()
                moved = sum(names.get(name) != hash for name, hash in before.items())
                self.assertIn(moved, (0, 200), words)
                found.add(moved)
            self.assertLessEqual(len(found), states, words)


class AtOnce(StoreCase):
    def test_many_writers_and_readers(self):
        """Into a store that is not there yet. The readers may find none, or one that is not made
        yet; and from the first names that they see on, none gets lost."""
        count, size = (8, 20) if QUICK else (14, 60)
        paths = [self.file(many(f"w{i}", size), f"{i}.rvm") for i in range(count)]
        adders = [self.start("store", "add", path) for path in paths]
        seen = 0
        while any(adder.poll() is None for adder in adders):
            ended = self.call("store", "names")
            self.assertIn(ended.status, (FINE, MACHINE) if not seen else (FINE,), ended)
            if ended.status != FINE:
                self.assertRegex(ended.messages, "no store|is empty")
            now = len(ended.output.splitlines())
            self.assertEqual(now % size, 0)
            self.assertGreaterEqual(now, seen)
            seen = now
        for adder in adders:
            output, messages = adder.communicate(timeout=PATIENCE)
            self.assertEqual((adder.returncode, len(output.splitlines())), (FINE, size), messages)
        self.assertEqual(len(self.names()), count * size)
        self.assertEqual(self.verify()["functions"], count * size)
        self.assertEqual(sorted(line["change"] for line in self.log()), [*range(1, count + 1)])

    def test_who_makes_it(self):
        """Any of those that come at once may be the one that makes the tables."""
        paths = [self.file(f"fn f{i}() {{ push {i} ret }}", f"{i}.rvm") for i in range(12)]
        for turn in range(3 if QUICK else 12):
            store = {"ROSETTAVM_STORE": str(self.folder / f"{turn}.db")}
            adders = [self.start("store", "add", path, **store) for path in paths]
            for adder in adders:
                messages = adder.communicate(timeout=PATIENCE)[1]
                self.assertEqual((adder.returncode, messages), (FINE, ""))
            self.assertEqual(len(self.names(**store)), len(paths))

    def test_with_gc_and_test(self):
        self.add(many("x", 200))
        self.expect(FINE, "store", "forget", *[f"x_{i}" for i in range(150, 200)], output=None)
        hash = self.names()["x_140"]
        value = self.output("run", "x_140")
        tested = self.file(SMALL + "".join(f"check twice({i}) == {2 * i}\n" for i in range(50)))
        commands = [("store", "gc"), ("run", "#" + hash), ("test", tested), ("store", "verify"),
                    ("store", "add", self.file(CHAIN, "a.rvm")), ("store", "export", "x_140"),
                    ("store", "gc"), ("store", "pin", "x_3"), ("store", "log"), ("test", tested),
                    ("store", "add", "--update", self.file(CYCLE, "b.rvm")), ("run", "x_140")]
        for _ in range(1 if QUICK else 4):
            started = []
            for words in commands:  # an export is no text
                started.append(subprocess.Popen(
                    [PROGRAM, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment()))
            for words, process in zip(commands, started):
                output, messages = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, FINE, (words, messages))
                self.assertRegex(messages.decode(), "^$|waiting for another process", words)
                if words[0] == "run":
                    self.assertEqual(output.decode(), value)
        self.verify()
        self.assertEqual(len(self.names()), 150 + 8)

    def test_the_same_file(self):
        path = self.file(many("same", 50))
        adders = [self.start("store", "add", path) for _ in range(8)]
        news = 0
        for adder in adders:
            output, messages = adder.communicate(timeout=PATIENCE)
            self.assertEqual((adder.returncode, messages), (FINE, ""))
            news += "new" in output
        self.assertEqual(news, 1)
        self.assertEqual(len(self.log()), 1)
        self.verify()

    def wait_for_lock(self, *words):
        with self.database() as base:
            base.execute("BEGIN IMMEDIATE")
            process = self.start(*words)
            begun = time.monotonic()
            message = process.stderr.readline()
            waited = time.monotonic() - begun
            self.assertIsNone(process.poll())
            # Whoever only reads does not wait.
            self.run_is(8, "mid", 3)
            self.names()
            base.execute("COMMIT")
        output, rest = process.communicate(timeout=PATIENCE)
        self.assertIn("waiting for another process", message)
        self.assertTrue(message.endswith("\n"))
        self.assertGreater(waited, 0.8)
        self.assertLess(waited, 5)
        self.assertEqual((process.returncode, rest), (FINE, ""), message)
        return output

    def test_waiting_for_a_lock(self):
        self.add(CHAIN)
        self.wait_for_lock("store", "add", self.file(SMALL))
        self.run_is(9, "all", 4)
        if not QUICK:
            self.wait_for_lock("store", "forget", "all", "--json")
        self.verify()

    def test_test_does_not_wait_long(self):
        self.add(CHAIN)
        path = self.file(SMALL + "check even(4) == 1\n")
        with self.database() as base:
            base.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            self.expect(FINE, "test", path, output="interp: 1 passed, 0 failed\njit: 1 passed, 0 failed\n",
                        messages="what passed could not be kept")
            self.assertLess(time.monotonic() - begun, 10)
            base.execute("ROLLBACK")
        self.expect(FINE, "test", path, output="interp: 1 passed, 0 failed\njit: 1 passed, 0 failed\n")

    def test_no_message_for_a_short_wait(self):
        self.add(CHAIN)
        with self.database() as base:
            base.execute("BEGIN IMMEDIATE")
            process = self.start("store", "forget", "top")
            time.sleep(0.3)
            base.execute("ROLLBACK")
        output, messages = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, messages), (FINE, ""))


class Damaged(StoreCase):
    def setUp(self):
        super().setUp()
        self.add(SMALL)
        self.hashes = self.names()

    def each(self, work, cases):
        """Two at a time, each with a store and a folder of its own."""
        def part(number):
            store = self.folder / f"part{number}.db"
            shutil.copy(self.store, store)
            count = 0
            with self.database(store) as base:
                for case in cases[number::2]:
                    work(store, base, *case)
                    count += 1
            return count
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            self.assertEqual(sum(pool.map(part, range(2))), len(cases))

    def test_every_bit_of_every_object(self):
        objects = self.objects()
        self.assertEqual(sorted(data[3] for data in objects.values()), [0, 0, 1, 2, 2])
        step = 29 if QUICK else 1
        cases = [(hash, data, bit, flipped) for hash, data in objects.items()
                 for bit, flipped in bits(data, step)]
        put = "UPDATE object SET bytes = ? WHERE hash = ?"
        loads = [("run", "all", "3"), ("show", "--all", "all"), ("store", "show", "all"),
                 ("store", "export", "-o", "/dev/null"), ("store", "gc")]

        def work(store, base, hash, data, bit, flipped):
            base.execute(put, (flipped, bytes.fromhex(hash)))
            for words in [loads[0], loads[bit % len(loads)]][:1 if bit % 3 else 2]:
                self.expect(MACHINE, *words, messages="#" + hash, ROSETTAVM_STORE=str(store))
            if bit % (1 if QUICK else 31) == 0:
                ended = self.expect(MACHINE, "store", "verify", output=None,
                                    ROSETTAVM_STORE=str(store))
                self.assertIn("#" + hash, ended.output)
            base.execute(put, (data, bytes.fromhex(hash)))

        self.each(work, cases)
        for number in range(2):
            self.verify(ROSETTAVM_STORE=str(self.folder / f"part{number}.db"))

    def test_an_object_that_is_another(self):
        """Sound bytes under a wrong hash, objects that are missing, nothing at all."""
        objects = self.objects()
        put = "UPDATE object SET bytes = ? WHERE hash = ?"
        with self.database() as base:
            for hash, other in itertools.permutations(objects, 2):
                key = bytes.fromhex(hash)
                base.execute(put, (objects[other], key))
                self.expect(MACHINE, "run", "all", 3, messages="#" + hash)
                base.execute(put, (objects[hash], key))
            for hash, data in objects.items():
                for wrong in b"", data[:-1], data + b"\0", data * 2:
                    base.execute(put, (wrong, bytes.fromhex(hash)))
                    self.expect(MACHINE, "run", "all", 3, messages="#" + hash)
                    [report] = self.json(MACHINE, "store", "verify")
                    self.assertIn("#" + hash, " ".join(report["findings"]))
                base.execute(put, (data, bytes.fromhex(hash)))
            self.verify()
        master = self.store.read_bytes()
        for hash in objects:
            with self.database() as base:
                base.execute("DELETE FROM object WHERE hash = ?", (bytes.fromhex(hash),))
            whole = "#" + self.hashes["all"]
            ended = self.call("run", whole, 3)
            self.assertIn(ended.status, (WRONG, MACHINE), ended)
            self.assertIn("#" + hash, ended.messages)
            self.assertEqual(ended.output, "")
            [report] = self.json(MACHINE, "store", "verify")
            self.assertNotEqual(report["findings"], [])
            self.store.write_bytes(master)

    def test_every_part_that_follows(self):
        """What verify has to find beside damaged objects."""
        master = self.store.read_bytes()
        for sql in ("DELETE FROM call",
                    "INSERT INTO call SELECT id, 99 FROM object LIMIT 1",
                    "INSERT INTO call SELECT min(id), max(id) FROM object",
                    "UPDATE name SET object = 99 WHERE name = 'all'",
                    "UPDATE name SET object = (SELECT id FROM object WHERE substr(bytes, 4, 1) = "
                    "x'01') WHERE name = 'all'",
                    "UPDATE name SET binding = 99", "INSERT INTO pin VALUES(99)",
                    "UPDATE object SET component = NULL", "UPDATE object SET component = id",
                    "UPDATE object SET hash = x'00' WHERE id = 1",
                    "UPDATE binding SET digest = randomblob(32) WHERE id = 1",
                    "UPDATE binding SET record = x'' WHERE id = 1", "DELETE FROM binding"):
            with self.subTest(sql):
                with self.database() as base:
                    base.execute(sql)
                ended = self.call("store", "verify")
                self.assertEqual(ended.status, MACHINE, ended)
                self.assertTrue(ended.output.endswith("\n") or ended.messages.endswith("\n"))
                for words in (("run", "all", 3), ("store", "show", "all"), ("store", "names"),
                              ("store", "deps", "--all", "all"), ("store", "gc", "--dry-run")):
                    ended = self.call(*words)
                    self.assertIn(ended.status, (FINE, WRONG, MACHINE), (words, str(ended)))
                    if words[0] == "run" and ended.status == FINE:
                        self.assertEqual(ended.output, "6\n")
                self.store.write_bytes(master)

    def test_every_bit_of_what_was_written(self):
        with self.database() as base:
            rows = base.execute("SELECT id, record FROM binding").fetchall()
        text = {name: self.output("store", "show", name) for name in self.hashes}
        step = 211 if QUICK else 37
        cases = [(row, data, bit, flipped) for row, data in rows
                 for bit, flipped in bits(data, step, row)]
        put = "UPDATE binding SET record = ? WHERE id = ?"

        def work(store, base, row, data, bit, flipped):
            base.execute(put, (flipped, row))
            where = {"ROSETTAVM_STORE": str(store)}
            [report] = self.json(MACHINE, "store", "verify", **where)
            self.assertEqual(report["findings"],
                             [f"the record {row} of what was written is damaged"])
            broken = 0
            for name in self.hashes:
                ended = self.call("store", "show", name, **where)
                if ended.status == FINE:
                    self.assertEqual(ended.output, text[name])
                else:  # the code alone may be shown
                    self.assertEqual(ended.status, MACHINE)
                    self.assertIn(f"the record {row} of what was written", ended.messages)
                    broken += 1
            self.assertEqual(broken, 1)
            # The code is as it was.
            self.run_is(6, "#" + self.hashes["all"], 3, **where)
            base.execute(put, (data, row))

        self.each(work, cases)

    def test_every_bit_of_an_export(self):
        self.expect(FINE, "store", "export", "-o", "good.rvmx")
        good = (self.folder / "good.rvmx").read_bytes()
        step = 41 if QUICK else 3
        damaged = [data for _, data in bits(good, step)]
        damaged += [good[:size] for size in range(0, len(good), 9 if QUICK else 1)]
        damaged += [good[:at] + bytes([at % 256]) + good[at:]
                    for at in range(0, len(good) + 1, 50 if QUICK else 7)]

        def work(store, base, number, data):
            path = self.file(data, f"{store.stem}.rvmx")
            # Alternately into a store that is there and into none.
            where = store if number % 4 < 2 else self.folder / f"{store.stem}-none.db"
            ended = self.expect(MACHINE, "store", "import", path, messages=pathlib.Path(path).name,
                                ROSETTAVM_STORE=str(where))
            self.assertRegex(ended.messages, "damaged|no export file|missing|#[0-9a-f]{64}")

        before = self.verify()
        self.each(work, [*enumerate(data for data in damaged if data != good)])
        for number in range(2):
            self.assertFalse((self.folder / f"part{number}-none.db").exists())
            where = {"ROSETTAVM_STORE": str(self.folder / f"part{number}.db")}
            self.assertEqual((self.verify(**where), self.json(FINE, "store", "pin", **where)),
                             (before, []))

    def test_a_database_with_flipped_bits(self):
        """No command crashes, hangs or gives a wrong answer about code."""
        self.expect(FINE, "store", "rename", "twice", "double", output=None)
        master = self.store.read_bytes()
        used = [at for at, byte in enumerate(master) if byte]
        hash, name = self.hashes["all"], "#" + self.hashes["all"]
        path = self.file(CHAIN + BASE.replace("base", "more"))
        self.expect(FINE, "store", "export", "-o", "x.rvmx")
        commands = [("run", name, "3"), ("store", "names"), ("store", "verify"), ("store", "log"),
                    ("store", "export", "--object", name), ("store", "show", "all", name),
                    ("store", "deps", "--all", name), ("show", "--all", name), ("store", "gc"),
                    ("store", "add", "--update", path), ("store", "undo"), ("run", "all", "3"),
                    ("store", "export", "-o", "y.rvmx"), ("store", "import", "x.rvmx"),
                    ("store", "forget", "all"), ("store", "dependents", "--all", name),
                    ("test", self.file(SMALL + "check even(4) == 1\n", "t.rvm"))]
        (self.folder / "0").mkdir()
        (self.folder / "1").mkdir()

        def work(number):
            chance = random.Random(number)
            store = self.folder / f"{number % 2}" / "store.db"
            for file in store.parent.glob("store.db*"):
                file.unlink()
            data = bytearray(master)
            for _ in range(chance.choice((1, 1, 1, 3, 20, 200))):
                anywhere = chance.random() < 0.2
                at = chance.randrange(len(master)) if anywhere else chance.choice(used)
                if chance.random() < 0.7:
                    data[at] ^= 1 << chance.randrange(8)
                else:
                    data[at] = chance.randrange(256)
            if chance.random() < 0.05:
                del data[chance.randrange(len(data)):]
            store.write_bytes(data)
            for words in commands[0], commands[number % len(commands)]:
                words = [word if word != "y.rvmx" else f"{number % 2}/y.rvmx" for word in words]
                ended = self.call(*words, ROSETTAVM_STORE=str(store))
                told = (number, words, str(ended))
                allowed = {"undo": (0, 2, 3, 4)}.get(words[1], (0, 3, 4))
                self.assertIn(ended.status, allowed, told)
                self.assertNotRegex(ended.messages, "[\x00-\x09\x0b-\x1f\x7f]", told)
                if ended.status != FINE:
                    said = ended.messages or words[1] == "verify" and ended.output
                    self.assertTrue(said.endswith("\n"), told)
                elif words[0] == "run" and words[1] == name:
                    self.assertEqual(ended.output, "6\n", told)
                elif "--object" in words:
                    self.assertEqual(b3sum(ended.bytes), hash, told)
                elif words[0] == "show":
                    again = self.output("hash", self.file(ended.bytes, f"{number % 2}/shown.rvm"))
                    self.assertIn(hash, again, told)
                elif words[0] == "test":
                    self.assertRegex(ended.output, "1 passed")

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            count = 40 if QUICK else 400
            for part in pool.map(lambda part: [*map(work, range(part, count, 2))], range(2)):
                self.assertEqual(len(part), count // 2)

    def test_names_that_would_disturb_a_terminal(self):
        """No name gets into the store like this; a file from elsewhere may have it."""
        bad = "all\x1b[31m\n\u202e"
        with self.database() as base:
            base.execute("UPDATE name SET name = ? WHERE name = 'all'", (bad,))
            base.execute("UPDATE name SET name = ? WHERE name = 'twice'", ("twice\x1b",))
            base.execute("UPDATE move SET name = ? WHERE name = 'all'", (bad,))
            base.execute("UPDATE change SET what = what || ?", (bad,))
        name = "#" + self.hashes["all"]
        self.file("fn even(n) { load n ret }", "even.rvm")
        commands = (
            ["store", "names"], ["store", "log"], ["store", "log", bad], ["run", bad, "3"],
            ["store", "deps", name], ["store", "dependents", "even"], ["store", "show", name],
            ["show", "--all", name], ["run", name], ["run", name, "x"], ["store", "verify"],
            ["store", "show", "all"], ["store", "show", "twic"], ["store", "undo"],
            ["run", name, "3", "--fuel", "0"], ["store", "pin", name],
            ["store", "add", "--dry-run", "even.rvm"], ["store", "diff", name, "even"],
            ["store", "add", "--update", "--dry-run", "even.rvm"],
            ["store", "rename", bad, "x\x1b"], ["store", "rename", "odd", bad],
            ["store", "forget", bad])
        for words in commands:
            with self.subTest(words):
                ended = self.call(*words)
                self.assertNotIn("\x1b", ended.output + ended.messages)
                self.assertNotIn("\u202e", ended.output + ended.messages)
                self.assertIn(ended.status, (FINE, TRAPPED, USAGE, WRONG, MACHINE))


if __name__ == "__main__":
    sys.exit(main("store faults", sys.modules[__name__]))
