#!/usr/bin/env python3
"""Where the store is: store_places_test.py PROGRAM REPOSITORY [TEST…].

Who makes and who opens it, places where there can be none, and files that are no store.
"""

import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from store_caller import (CHAIN, FINE, MACHINE, PATIENCE, PROGRAM, USAGE, WRONG, StoreCase, main)

HASH = "1847115d"  # the beginning of one that is nowhere


class Place(StoreCase):
    def test_where_it_is(self):
        path = self.file(CHAIN)
        data, home = self.folder / "data", self.folder / "home"
        for store, more in (
                (data / "rosettavm" / "store.db", {"ROSETTAVM_STORE": None}),
                (data / "rosettavm" / "store.db", {"ROSETTAVM_STORE": ""}),
                (home / ".local" / "share" / "rosettavm" / "store.db",
                 {"ROSETTAVM_STORE": None, "XDG_DATA_HOME": None}),
                (home / ".local" / "share" / "rosettavm" / "store.db",
                 {"ROSETTAVM_STORE": None, "XDG_DATA_HOME": "data"}),  # which has to be absolute
                (self.folder / "here.db", {"ROSETTAVM_STORE": "here.db"})):
            with self.subTest(store):
                store.unlink(missing_ok=True)
                self.expect(MACHINE, "store", "names", messages=str(store.name), **more)
                self.assertFalse(store.exists())
                self.expect(FINE, "store", "add", path, output=None, **more)
                self.assertTrue(store.is_file())
                self.assertEqual(set(self.names(**more)), {"base", "mid", "top", "other"})
                self.assertEqual([entry.name for entry in store.parent.glob("*.db*")], [store.name])
        self.assertFalse(self.store.exists())
        other = self.folder / "other.db"
        for words in ["--store", other], [f"--store={other}"]:
            self.expect(FINE, "store", "add", path, *words, output=None)
            self.assertEqual(len(self.output("store", "names", *words).splitlines()), 4)
            self.run_is(8, "mid", 3, *words)
        self.assertFalse(self.store.exists())
        self.expect(MACHINE, "store", "names", ROSETTAVM_STORE=None, XDG_DATA_HOME=None, HOME=None,
                    messages="--store")

    def test_it_is_made_by_those_that_fill_it(self):
        path = self.file(CHAIN)
        for words in ("names", "show base", "deps base", "dependents base", "rename base b", "log",
                      "forget base", "pin", "pin base", "undo", "verify", "gc", "export",
                      "diff a b"):
            with self.subTest(words):
                self.expect(MACHINE, "store", *words.split(),
                            messages=["no store", str(self.store)])
        self.expect(FINE, "store", "add", "--dry-run", path, output=None,
                    messages="nothing was changed")
        self.expect(WRONG, "store", "add", self.file("fn", "wrong.rvm"), messages="error")
        self.expect(MACHINE, "store", "import", path, messages="export file")
        self.assertEqual(self.call("store", "names").output, "")
        self.store.unlink(missing_ok=True)
        self.expect(MACHINE, "run", "base", 1, messages=["`base`", str(self.store)])
        self.expect(WRONG, "run", self.file(f"fn f() {{ call #{HASH} ret }}"),
                    messages=["program.rvm:1:15: error:", "store"])
        self.assertFalse(self.store.exists())

    def test_plain_files_do_not_open_it(self):
        path = self.file(CHAIN + "check base(1) == 2\n")
        garbage = self.file("garbage" * 1000, "garbage.db")
        commands = [("run", path, "--entry", "top", 1), ("show", path), ("hash", path),
                    ("fmt", path),
                    ("store", "diff", path, path), ("test", "--fresh", path),
                    ("hash", "--text", "x"), ("--version",), ("store", "--help")]
        wanted = [self.expect(FINE, *words, output=None).output for words in commands]
        self.assertFalse(self.store.exists())
        for store in self.folder, garbage, "/dev/null/x", self.folder / "none" / "x.db":
            for words, output in zip(commands, wanted):
                with self.subTest(words=words, store=store):
                    self.expect(FINE, *words, output=output, ROSETTAVM_STORE=str(store))
        self.assertEqual(pathlib.Path(garbage).read_text(), "garbage" * 1000)

    def test_test_goes_on_without_it(self):
        path = self.file(CHAIN + "check base(1) == 2\n")
        self.expect(FINE, "test", path, output="interp: 1 passed, 0 failed\njit: 1 passed, 0 failed\n",
                    messages="could not be kept", ROSETTAVM_STORE=str(self.folder))


class NoStore(StoreCase):
    COMMANDS = ("names", "log", "verify", "gc", "pin", "undo", "export -o x", "show base",
                "deps base", "forget base", "rename base b", "add program.rvm", "import x.rvmx",
                "add --dry-run program.rvm")

    def each(self, path, messages, but=()):
        path = pathlib.Path(path)
        before = path.read_bytes() if path.is_file() else None
        for words in self.COMMANDS:
            if words in but:
                continue
            with self.subTest(words):
                self.expect(MACHINE, "store", *words.split(), messages=[str(path), *messages],
                            ROSETTAVM_STORE=str(path))
                [line] = self.json(MACHINE, "store", *words.split(), "--store", path)
                self.assertIn(str(path), line["error"])
        self.expect(MACHINE, "run", "base", 1, messages=[str(path), *messages], output="",
                    ROSETTAVM_STORE=str(path))
        if before is not None:
            self.assertEqual(path.read_bytes(), before)
            self.assertEqual([*path.parent.glob(path.name + "*")], [path])

    def setUp(self):
        super().setUp()
        self.file(CHAIN)
        self.call("store", "add", "program.rvm", ROSETTAVM_STORE="made.db")
        self.call("store", "export", "-o", "x.rvmx", ROSETTAVM_STORE="made.db")

    def test_no_database(self):
        for name, data in ("text", b"Dear diary\n" * 1000), ("short", b"xy"), \
                ("header", b"SQLite format 3\0"), ("zeros", bytes(100)), \
                ("almost", b"SQLite format 4\0" + bytes(65536)):
            with self.subTest(name):
                self.each(self.file(data, name), ["not a store"])

    def test_another_database(self):
        path = self.folder / "other.db"
        with self.database(path) as base:
            base.execute("CREATE TABLE t(x)")
        self.each(path, ["not a store of RosettaVM"])
        empty = self.folder / "tagged.db"
        with self.database(empty) as base:
            base.execute("PRAGMA application_id = 77")
            base.execute("VACUUM")
        self.each(empty, ["not a store of RosettaVM"])

    def test_an_empty_file(self):
        path = self.folder / "empty.db"
        path.touch()
        fills = ("add program.rvm", "import x.rvmx", "add --dry-run program.rvm")
        self.each(path, ["empty"], but=fills)
        self.expect(FINE, "store", *fills[0].split(), output=None, ROSETTAVM_STORE=str(path))
        self.assertEqual(len(self.names(ROSETTAVM_STORE=str(path))), 4)

    def test_other_versions(self):
        for version in 99, 0, 2, -1:
            path = self.folder / f"{version}.db"
            self.expect(FINE, "store", "add", "program.rvm", "--store", path, output=None)
            with self.database(path) as base:
                base.execute(f"PRAGMA user_version = {version}")
            self.each(path, [f"version {version}", "knows 1"])

    def test_places(self):
        self.each(self.folder, [])
        none = self.folder / "none" / "store.db"
        self.expect(MACHINE, "store", "add", "program.rvm", messages=[str(none), "No such file"],
                    ROSETTAVM_STORE=str(none))
        self.expect(MACHINE, "store", "names", messages=str(none), ROSETTAVM_STORE=str(none))
        file = self.folder / "program.rvm" / "store.db"
        self.expect(MACHINE, "store", "add", "program.rvm", messages=str(file), output="",
                    ROSETTAVM_STORE=str(file))
        for device in "/dev/null", "/dev/full", "/dev/zero":
            with self.subTest(device):
                self.expect(MACHINE, "store", "add", "program.rvm", messages=device,
                            ROSETTAVM_STORE=device)

    def test_paths_disturb_no_terminal(self):
        for name in "a\x1b[31mb", "no/a\x1b[31mb":
            for words in self.COMMANDS + ("add nothing.rvm",):
                (self.folder / name).unlink(missing_ok=True)
                if "/" not in name:
                    self.file("Dear diary\n" * 100, name)
                with self.subTest(words=words, name=name):
                    ended = self.call("store", *words.split(), ROSETTAVM_STORE=name)
                    self.assertNotIn("\x1b", ended.output + ended.messages)

    def test_permissions(self):
        """As somebody who may read and not write: in another's folder, and in his own."""
        place = self.folder / "place"
        place.mkdir()
        program, store = place / "rosettavm", place / "store.db"
        shutil.copy(PROGRAM, program)
        shutil.copy(self.folder / "made.db", store)
        os.chmod(self.folder, 0o755)
        root = os.geteuid() == 0

        def call(*words, at=store):
            somebody = {"user": 65534, "group": 65534, "extra_groups": []} if root else {}
            done = subprocess.run([program, *words], cwd=place, timeout=PATIENCE, text=True,
                                  capture_output=True, **somebody,
                                  env=self.environment(ROSETTAVM_STORE=str(at)))
            return done.returncode, done.stdout, done.stderr

        self.addCleanup(os.chmod, place, 0o755)
        wanted = self.output("store", "names", "--store", store)
        for folder, file in (0o777, 0o444), (0o555, 0o444):
            for path in place.glob("store.db-*"):
                path.unlink()
            os.chmod(place, folder)
            os.chmod(store, file)
            with self.subTest(f"{folder:o}"):
                status, output, messages = call("store", "forget", "base")
                self.assertEqual((status, output), (MACHINE, ""))
                self.assertIn("may not be written", messages)
                self.assertEqual(call("store", "names"), (FINE, wanted, ""))
                self.assertEqual(call("run", "top", "3"), (FINE, "9\n", ""))
            os.chmod(place, 0o755)
        os.chmod(place, 0o555)
        with self.subTest("no place for a new one"):
            status, output, messages = call("store", "add", "../program.rvm", at=place / "new.db")
            self.assertEqual((status, output), (MACHINE, ""))
            self.assertIn("ermission denied", messages)
        os.chmod(store, 0)
        with self.subTest("not to be read"):
            status, output, messages = call("store", "names")
            self.assertEqual((status, output), (MACHINE, ""))
            self.assertIn("ermission denied", messages)

    def test_parts_that_are_missing(self):
        for table in "object", "call", "binding", "name", "pin", "change", "move", "cache":
            path = self.folder / f"{table}.db"
            shutil.copy(self.folder / "made.db", path)
            with self.database(path) as base:
                base.execute(f"DROP TABLE {table}")
            master = path.read_bytes()
            for words in self.COMMANDS:
                path.write_bytes(master)
                ended = self.call("store", *words.split(), ROSETTAVM_STORE=str(path))
                self.assertIn(ended.status, (FINE, USAGE, MACHINE), (table, words, str(ended)))
                if ended.status == MACHINE:
                    self.assertTrue((ended.messages or ended.output).endswith("\n"))
            path.write_bytes(master)
            ended = self.call("store", "verify", ROSETTAVM_STORE=str(path))
            self.assertEqual(ended.status, MACHINE, (table, str(ended)))


if __name__ == "__main__":
    sys.exit(main("store places", sys.modules[__name__]))
