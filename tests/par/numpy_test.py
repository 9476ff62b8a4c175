#!/usr/bin/env python3
"""`rosettavm par` against NumPy: numpy_test.py PROGRAM REPOSITORY [TEST…].

Arrays of every dtype, byte order and layout are given to programs that return their parameters;
what comes back has to be what NumPy's conversion gives, bit for bit. And NumPy reads our results.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    # That of the system may be installed for the system's Python alone.
    SYSTEM = "/usr/bin/python3"
    if sys.executable != SYSTEM and os.path.exists(SYSTEM) and \
            subprocess.run([SYSTEM, "-c", "import numpy"], capture_output=True).returncode == 0:
        os.execv(SYSTEM, [SYSTEM, *sys.argv])
    print("numpy: skipped, NumPy is not installed")
    sys.exit(0)

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
FINE, USAGE, MACHINE = 0, 2, 4
PATIENCE = 60  # seconds, for one command under sanitizers on a busy machine
ROWS = 300

DTYPES = {"i64": np.int64, "i32": np.int32, "f64": np.float64, "f32": np.float32}
INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
# What serves a parameter of a type.
SERVES = {"i64": INTEGERS, "i32": INTEGERS,
          "f64": [*INTEGERS, "f2", "f4", "f8"], "f32": [*INTEGERS, "f2", "f4"]}
CANONICAL = {"f64": 0x7ff8_0000_0000_0000, "f32": 0x7fc0_0000}
RANDOM = np.random.default_rng(1)


def identity(types):
    """A program that returns its parameters."""
    parameters = ", ".join(f"p{i}: {type}" for i, type in enumerate(types))
    loads = " ".join(f"load p{i}" for i in range(len(types)))
    return f"fn main({parameters}) -> ({', '.join(types)}) {{\n    {loads}\n    ret\n}}\n"


def bits(array):
    """The bits of an array's values."""
    array = np.ascontiguousarray(array)
    return array.view(f"u{array.itemsize}")


def random_values(dtype, shape, type):
    """Values of a dtype that all have one of a type."""
    kind, size = dtype[0], int(dtype[1])
    if kind == "b":
        return RANDOM.integers(0, 2, shape).astype(np.bool_)
    if kind == "f":
        # All bits, so that there are NaNs, infinities and subnormal numbers.
        raw = RANDOM.bytes(size * int(np.prod(shape)))
        return np.frombuffer(raw, f"<f{size}").reshape(shape).copy()
    of = np.iinfo(dtype)
    if type == "f32":  # with at most 24 bits
        least, most = max(of.min, -2**24), min(of.max, 2**24)
    elif type == "f64":
        least, most = max(of.min, -2**53), min(of.max, 2**53)
    else:
        to = np.iinfo(DTYPES[type])
        least, most = max(of.min, to.min), min(of.max, to.max)
    values = RANDOM.integers(least, most, shape, dtype=dtype, endpoint=True)
    values.flat[0] = least
    values.flat[-1] = most
    return values


def converted(values, type):
    """As our conversion: exact, and a NaN that is widened becomes canonical."""
    with np.errstate(all="ignore"):
        result = bits(values.astype(DTYPES[type]))
    if values.dtype.kind == "f" and values.dtype.itemsize < np.dtype(DTYPES[type]).itemsize:
        result = np.where(np.isnan(values), np.array(CANONICAL[type], result.dtype), result)
    elif values.dtype.kind == "f":
        result = bits(values.astype(values.dtype.newbyteorder("=")))
    return result


class Numpy(unittest.TestCase):
    maxDiff = 1500

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content):
        """A file of a text, of bytes or of an array; its path."""
        path = self.folder / name
        if isinstance(content, str):
            path.write_text(content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            np.save(path, content)
        return path

    def par(self, status, *words, messages=()):
        """Runs a command; what it prints. All of `messages` are in standard error."""
        environment = {**os.environ, "ROSETTAVM_STORE": str(self.folder / "store.db"),
                       "NO_COLOR": "1"}
        done = subprocess.run([PROGRAM, "par", *map(str, words)], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=PATIENCE, env=environment,
                              cwd=self.folder, text=True, errors="backslashreplace")
        told = f"{words}: {done.returncode} {done.stdout[:500]!r} {done.stderr[:1500]!r}"
        self.assertEqual(done.returncode, status, told)
        for message in messages:
            self.assertIn(message, done.stderr, told)
        return done.stdout

    def results(self, types, *inputs, rows=ROWS):
        """What a program gives that returns its parameters, as an array of NumPy."""
        program = self.file("identity.rvm", identity(types))
        self.par(FINE, program, *inputs, "-n", rows, "--out", "out.npy", "--reduce", "none")
        return np.load(self.folder / "out.npy")

    def expect_columns(self, types, columns, out):
        """`out` has these columns, each given as its bits."""
        self.assertEqual(out.shape, (len(columns[0]),))
        names = ["result"] if len(types) == 1 else [f"result{i}" for i in range(len(types))]
        self.assertEqual(out.dtype.names, (*names, "status"))
        self.assertEqual(out.dtype["status"], np.uint8)
        self.assertEqual(list(np.unique(out["status"])), [0])
        for name, type, column in zip(names, types, columns):
            self.assertEqual(out.dtype[name], DTYPES[type])
            np.testing.assert_array_equal(bits(out[name]), column, f"{name}, {type}")


class Arrays(Numpy):
    def test_every_dtype_order_and_layout(self):
        for type, dtypes in SERVES.items():
            inputs, columns = [], []

            def give(array):
                path = self.file(f"x{len(inputs)}.npy", array)
                inputs.append(f"@{path.name}")
                for column in (array[:, None] if array.ndim == 1 else array).T:
                    columns.append(converted(column, type))

            for dtype in dtypes:
                for order in "<>":
                    give(random_values(dtype, ROWS, type).astype(order + dtype))
                    for layout in "CF":
                        values = random_values(dtype, (ROWS, 2), type)
                        give(np.array(values, dtype=order + dtype, order=layout))
            give(random_values(dtypes[0], (ROWS, 1), type))
            types = [type] * len(columns)
            with self.subTest(type):
                self.expect_columns(types, columns, self.results(types, *inputs))

    def test_one_column_of_many(self):
        values = RANDOM.integers(-1000, 1000, (ROWS, 7))
        self.file("c.npy", values)
        self.file("f.npy", np.asfortranarray(values))
        out = self.results(["i64"] * 4, "@c.npy:5", "@f.npy:0", "@f.npy:6", "@c.npy:5")
        self.expect_columns(["i64"] * 4, [bits(values[:, k]) for k in (5, 0, 6, 5)], out)

    def test_versions_of_the_format(self):
        values = np.arange(ROWS)
        for version in (1, 0), (2, 0), (3, 0):
            with open(self.folder / "x.npy", "wb") as file:
                np.lib.format.write_array(file, values, version)
            self.expect_columns(["i64"], [bits(values)], self.results(["i64"], "@x.npy"))

    def test_many_rows(self):
        values = RANDOM.integers(-2**62, 2**62, 200_001)
        self.file("x.npy", values)
        out = self.results(["i64"], "@x.npy", rows=len(values))
        self.expect_columns(["i64"], [bits(values)], out)

    def test_no_rows(self):
        self.file("x.npy", np.empty((0, 2)))
        out = self.results(["f64", "f64"], "@x.npy", rows=0)
        self.assertEqual(out.shape, (0,))

    def test_results_are_inputs(self):
        floats = random_values("f8", ROWS, "f64")
        integers = RANDOM.integers(-1000, 1000, ROWS, dtype=np.int32)
        self.file("x.npy", floats)
        self.file("n.npy", integers)
        types = ["f64", "i32"]
        self.results(types, "@x.npy", "@n.npy")
        (self.folder / "out.npy").rename(self.folder / "in.npy")
        out = self.results(types, "@in.npy:result0", "@in.npy:result1")
        self.expect_columns(types, [bits(floats), bits(integers)], out)
        # As NumPy writes it, with gaps.
        padded = np.dtype([("n", "<i4"), ("x", ">f8")], align=True)
        array = np.zeros(ROWS, padded)
        array["n"], array["x"] = integers, floats
        self.file("padded.npy", array)
        out = self.results(types, "@padded.npy:x", "@padded.npy:n")
        self.expect_columns(types, [bits(floats), bits(integers)], out)

    def test_sum(self):
        values = RANDOM.integers(-2**40, 2**40, ROWS)
        self.file("x.npy", values)
        program = self.file("identity.rvm", "fn main(n) { load n ret }\n")
        printed = self.par(FINE, program, "@x.npy", "-n", ROWS, "--reduce", "sum")
        self.assertIn(str(values.sum()), printed)


class Csv(Numpy):
    def test_columns(self):
        doubles = random_values("f8", ROWS, "f64")
        doubles[np.isnan(doubles)] = np.nan
        singles = random_values("f4", ROWS, "f32").astype(np.float32)
        singles[np.isnan(singles)] = np.nan
        integers = RANDOM.integers(-2**62, 2**62, ROWS)
        lines = ['what,"a, b",single,n']
        for row in zip(doubles, singles, integers):
            lines.append(f'"text, ""quoted""",{float(row[0])!r},{row[1]!s},{row[2]}')
        self.file("t.csv", "\r\n".join(lines))
        types = ["i64", "f64", "f32", "f64"]
        out = self.results(types, "@t.csv:n", "@t.csv:a, b", "@t.csv:single", "@t.csv:n")
        columns = [integers, doubles, singles, integers.astype(np.float64)]
        for each, type in zip(columns, types):
            if type in CANONICAL:
                bits(each)[np.isnan(each)] = CANONICAL[type]
        self.expect_columns(types, [bits(each) for each in columns], out)

    def test_what_numpy_writes(self):
        values = RANDOM.normal(size=(ROWS, 2)) * 10.0 ** RANDOM.integers(-300, 300, (ROWS, 2))
        np.savetxt(self.folder / "t.csv", values, "%.17g", ",", header="x,y", comments="")
        out = self.results(["f64", "f64"], "@t.csv:y", "@t.csv:x")
        self.expect_columns(["f64", "f64"], [bits(values[:, 1]), bits(values[:, 0])], out)


class Errors(Numpy):
    def refused(self, status, types, word, *messages):
        program = self.file("identity.rvm", identity(types))
        self.par(status, program, word, "-n", ROWS, "--out", "out.npy", "--reduce", "none",
                 messages=messages)

    def test_values_that_do_not_fit(self):
        values = np.zeros((ROWS, 3), np.int64)
        values[17, 2] = 2**53 + 1
        self.file("x.npy", values)
        for type in "i32", "f64", "f32":
            self.refused(USAGE, [type] * 3, "@x.npy", "column 2", "row 17", str(2**53 + 1), type)
        self.file("x.npy", np.array([2**63] * ROWS, np.uint64))
        self.refused(USAGE, ["i64"], "@x.npy", "row 0", str(2**63))
        self.file("t.csv", "a,b\n" + "1,2\n" * 40 + "1,2.5\n" + "1,2\n" * (ROWS - 41))
        self.refused(USAGE, ["i64"], "@t.csv:b", "row 40", "`b`", "2.5")

    def test_types_that_do_not_serve(self):
        self.file("x.npy", np.zeros(ROWS))
        self.refused(USAGE, ["f32"], "@x.npy", "float64", "f32", ".astype('float32')")
        self.refused(USAGE, ["i64"], "@x.npy", "float64", "i64", ".astype('int64')")

    def test_columns_that_are_not_there(self):
        self.file("x.npy", np.zeros((ROWS, 2)))
        self.refused(USAGE, ["f64"], "@x.npy:2", "`2`")
        self.file("t.csv", "speed,weight\n" + "1,2\n" * ROWS)
        self.refused(USAGE, ["f64"], "@t.csv:wieght", "`weight`")

    def test_lengths_that_differ(self):
        self.file("x.npy", np.zeros(ROWS - 1))
        self.refused(USAGE, ["f64"], "@x.npy", str(ROWS - 1))

    def test_broken_files(self):
        whole = self.file("whole.npy", np.zeros(ROWS)).read_bytes()
        broken = {
            "cut": whole[:-1], "header": whole[:50], "empty": b"", "text": b"a,b\n1,2\n",
            "complex": np.zeros(ROWS, complex), "three": np.zeros((ROWS, 1, 1)),
            "objects": np.array([None] * ROWS), "strings": np.array(["1"] * ROWS),
            "dates": np.zeros(ROWS, "M8[s]"), "nested": np.zeros(ROWS, [("a", "f8", 2)]),
        }
        for name, content in broken.items():
            with self.subTest(name):
                self.file(f"{name}.npy", content)
                self.refused(MACHINE, ["f64"], f"@{name}.npy", f"{name}.npy")
        self.file("ragged.csv", "a,b\n1,2\n1\n")
        self.refused(MACHINE, ["f64"], "@ragged.csv:a", "ragged.csv", "line 3")


def main():
    names = sys.argv[3:] or None
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(names, sys.modules[__name__]) if names else \
        loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"numpy: {result.testsRun} tests, {bad} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
