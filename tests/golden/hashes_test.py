#!/usr/bin/env python3
"""The hashes of functions, held: once given to a function, a hash stays its hash.

hashes/NAME.rvm are programs in the exact style, NAME.txt the hashes of their functions. What is
compared, with tests/reference/hasher.py as a second opinion that needs the program b3sum:

- the frozen hashes with hasher.py's, and with those of `PROGRAM hash`; every opcode has one;
- hasher.py with `PROGRAM hash --json` over random call graphs of a fixed seed, in which functions
  are copied and cycles unrolled, so that it is known which functions are the same;
- hasher.py over `PROGRAM show --exact` with `PROGRAM hash`, for the examples.

    hashes_test.py PROGRAM REPOSITORY             compare
    hashes_test.py PROGRAM REPOSITORY --rewrite   write the .txt anew, from hasher.py alone

A rewrite is for new vectors. A hash that changes makes every stored result worthless: then the
version in the objects' tag has to change too.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = 500
SEED = 20240229
SHOWN = 5  # differences that are printed


def lines_of(hashes):
    return "".join(f"{hash_}  {name}\n" for hash_, name in hashes)


class Differences:
    def __init__(self):
        self.count = 0

    def add(self, what):
        self.count += 1
        if self.count <= SHOWN:
            print(f"differs: {what}")
        elif self.count == SHOWN + 1:
            print("differs: … and more")

    def compare(self, what, wanted, got):
        """Two texts, line by line; the first line that differs is shown."""
        if wanted == got:
            return
        wanted, got = wanted.split("\n"), got.split("\n")
        length = max(len(wanted), len(got))
        wanted += ["(nothing)"] * (length - len(wanted))
        got += ["(nothing)"] * (length - len(got))
        number = next(n for n in range(length) if wanted[n] != got[n])
        self.add(f"{what}, line {number + 1}\n  wanted {wanted[number]}\n  got    {got[number]}")


class Product:
    """The program that is tested."""

    def __init__(self, program, folder):
        self.program = str(program.resolve())
        self.environment = {**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
                            "ROSETTAVM_STORE": str(folder / "store")}

    def __call__(self, *words):
        """Standard output, and what is wrong if the exit status is not 0."""
        done = subprocess.run([self.program, *map(str, words)], env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode == 0:
            return done.stdout, None
        return b"", f"exit status {done.returncode}: {done.stderr.decode(errors='replace')}"


# Random programs: a graph of base functions, each written several times.

# Parameters, parameters of the callees, and the code: a and b are the parameters, s and t locals,
# k is a constant, {0} and {1} are the callees.
TEMPLATES = [
    (1, (), "load a/i64.const k/i64.add/ret"),
    (1, (1,), "load a/i64.const k/i64.sub/call {0}/ret"),
    (1, (1, 1), "load a/call {0}/load a/call {1}/i64.add/ret"),
    (1, (1, 1), "load a/call {0}/call {1}/ret"),
    (1, (1,), "load a/jumpifnot 5/load a/i64.const k/i64.sub/tailcall {0}/load a/ret"),
    (1, (2,), "load a/i64.const k/call {0}/ret"),
    (1, (1,), "load a/ret/call {0}/ret"),
    (2, (), "load a/store s/load b/tee t/load s/i64.mul/ret"),
    (2, (1, 2), "load a/load b/call {1}/call {0}/ret"),
    (2, (2,), "load b/load a/tailcall {0}"),
    (2, (2, 2), "load a/jumpif 5/load a/load b/call {0}/ret/load b/load a/call {1}/ret"),
]


def code_of(template, constant, callees, rng):
    """The text of a function behind its name; what leaves no trace is drawn."""
    parameters, _, code = TEMPLATES[template]
    code = code.replace(" k", f" {constant}").format(*callees)
    names = dict(zip("abst", rng.sample(["n", "m", "load", "x", "y.1", "_", "i64.add", "ret"], 4)))
    instructions = code.split("/")
    label = rng.choice(["", "L", "end", "jump"])
    target = None
    for index, instruction in enumerate(instructions):
        mnemonic, _, operand = instruction.partition(" ")
        if mnemonic in ("load", "store", "tee") and rng.random() < 0.8:
            instructions[index] = f"{mnemonic} {names[operand]}"
        elif mnemonic in ("load", "store", "tee"):
            instructions[index] = f"{mnemonic} {{{operand}}}"
        elif mnemonic.startswith("jump") and label:
            instructions[index] = f"{mnemonic} {label}"
            target = index + int(operand)
    if target is not None:
        instructions[target] = f"{label}: {instructions[target]}"
    locals_ = [f"{names[name]}: i64" for name in "st" if f" {name}" in code]
    locals_ += [f"unused{number}: f64" for number in range(rng.choice([0, 0, 1, 2]))]
    rng.shuffle(locals_)
    declared = [names["a"], names["b"]][:parameters] + [each.split(":")[0] for each in locals_]
    numbers = {name: declared.index(names[name]) for name in "abst" if names[name] in declared}
    head = ", ".join(f"{names[name]}: i64" for name in "ab"[:parameters])
    body = [f"local {each}" for each in locals_] + [each.format(**numbers) for each in instructions]
    separator = rng.choice([" ", "\n    "])
    return f"({head}) -> i64 {{{separator}{separator.join(body)}\n}}\n"


def random_program(rng):
    """A text, and for each of its functions in order the number of the base function."""
    count = rng.choice([1, 2, 3, 4, 5, 6, 8, 10, 24])
    choices = rng.sample(range(len(TEMPLATES)), rng.choice([1, 2, 3, 5]))
    constants = rng.choice([[0, 0, 0, 1], [0, 1, 2, 3]])
    base = [(rng.choice(choices), rng.choice(constants)) for _ in range(count)]
    base += [(0, 0), (7, 0)]  # so that there is a callee of either kind
    forwards = rng.choice([0, 0, 0.5, 0.9])  # how often a callee is a later function
    busy = rng.choice([0, 0.5, 0.9, 1])      # how often it is one that calls
    callees = []
    for index, (template, _) in enumerate(base):
        callees.append([])
        for parameters in TEMPLATES[template][1]:
            fit = [n for n, (other, _) in enumerate(base) if TEMPLATES[other][0] == parameters]
            if rng.random() < busy:
                fit = [n for n in fit if TEMPLATES[base[n][0]][1]] or fit
            if rng.random() < forwards:
                fit = [n for n in fit if n > index] or fit
            callees[-1].append(rng.choice(fit))

    # Each call of a copy goes to any copy of the callee: copied, unrolled and tangled cycles.
    copies = rng.choice([[1], [1, 1, 2], [1, 2, 3]])
    written = [index for index in range(len(base)) for _ in range(rng.choice(copies))]
    rng.shuffle(written)
    names = [f"f{number}" for number in range(len(written))]
    rng.shuffle(names)
    text = ""
    for number, index in enumerate(written):
        chosen = [names[rng.choice([n for n, other in enumerate(written) if other == callee])]
                  for callee in callees[index]]
        text += f"fn {names[number]}{code_of(*base[index], chosen, rng)}"
    return text, written


# The comparisons.

def compare_vectors(folder, hasher, product, rewrite, differences):
    paths = sorted(folder.glob("*.rvm"))
    texts = [path.read_bytes() for path in paths]
    programs = [hasher.read_program(text) for text in texts]
    used = {code[0] for functions in programs for function in functions for code in function.code}
    for mnemonic, bytes_ in hasher.OPCODES.items():
        if not used.issuperset(bytes_.values()):
            differences.add(f"no function of tests/golden/hashes has the opcode `{mnemonic}`")
    for path, hashes in zip(paths, hasher.hash_texts(texts)):
        golden = path.with_suffix(".txt")
        lines = lines_of(hashes)
        before = golden.read_text() if golden.exists() else ""
        if rewrite:
            if lines != before:
                golden.write_text(lines)
                print(f"rewritten: {golden.name}")
            continue
        differences.compare(f"{golden.name} (wanted) and hasher.py", before, lines)
        out, wrong = product("hash", path)
        differences.compare(f"{golden.name} (wanted) and `hash {path.name}`", before,
                            wrong or out.decode())
    for golden in folder.glob("*.txt"):
        if not golden.with_suffix(".rvm").exists():
            differences.add(f"{golden.name} has no program")
    return len(paths)


def compare_random(folder, hasher, product, differences):
    rng = random.Random(SEED)
    programs = [random_program(rng) for _ in range(PROGRAMS)]
    answers = hasher.hash_texts([text.encode() for text, _ in programs])
    for number, ((text, written), hashes) in enumerate(zip(programs, answers)):
        before = differences.count
        of_base = {}
        for (hash_, name), index in zip(hashes, written):
            if of_base.setdefault(index, hash_) != hash_:
                differences.add(f"random program {number}: hasher.py tells the copy {name} apart")
        path = folder / "random.rvm"
        path.write_text(text)
        out, wrong = product("hash", "--json", path)
        lines = wrong
        if not wrong:
            objects = [json.loads(line) for line in out.splitlines() if b'"hash":' in line]
            lines = lines_of((each.get("hash"), each.get("name")) for each in objects)
        differences.compare(f"random program {number}, hasher.py (wanted) and `hash --json`",
                            lines_of(hashes), lines)
        if before == 0 and differences.count:
            print(text)


def compare_examples(folder, hasher, product, differences):
    paths = sorted(folder.glob("*.rvm"))
    texts = []
    for path in paths:
        out, wrong = product("show", "--exact", path)
        texts.append(out)
        if wrong:
            differences.add(f"`show --exact {path.name}`: {wrong}")
    for path, hashes in zip(paths, hasher.hash_texts(texts)):
        out, wrong = product("hash", path)
        differences.compare(f"examples/{path.name}, hasher.py (wanted) and `hash`",
                            lines_of(hashes), wrong or out.decode())
    return len(paths)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("repository", type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    options = parser.parse_args()
    if not shutil.which("b3sum"):
        print("hashes: the program b3sum is missing (./bootstrap installs the package b3sum)")
        return 1
    repository = options.repository.resolve()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(repository / "tests" / "reference"))
    import hasher

    differences = Differences()
    vectors = repository / "tests" / "golden" / "hashes"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        product = Product(options.program, folder)
        count = compare_vectors(vectors, hasher, product, options.rewrite, differences)
        if options.rewrite:
            print(f"hashes: {count} vectors")
            return 1 if differences.count else 0
        compare_random(folder, hasher, product, differences)
        examples = compare_examples(repository / "examples", hasher, product, differences)
    print(f"hashes: {count} vectors, {PROGRAMS} random programs, {examples} examples, "
          f"{differences.count} differences")
    return 1 if differences.count else 0


if __name__ == "__main__":
    sys.exit(main())
