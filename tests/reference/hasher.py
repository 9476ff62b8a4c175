#!/usr/bin/env python3
"""The identity of functions a second time, slow and obvious, straight from docs/identity.md.

It shares nothing with the product but the specification: the bytes of the opcodes are read from
docs/isa.md, BLAKE3 is the program b3sum. Programs are read in the exact style, every parameter,
result and local typed, as `rosettavm show --exact FILE` prints it. What is wrong with a program is
said (ProgramError) only where reading needs it; types and heights are not looked at.

    hasher.py FILE…             prints `HASH  NAME` for every function, in the order of the file
    hasher.py --bytes FILE…     and behind it, in hexadecimal, the body, the node and the objects

A bytes object is the text of a program, since a `print` may hold any bytes.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

ISA = Path(__file__).resolve().parent.parent.parent / "docs" / "isa.md"

TYPES = {"i32": 0x7f, "i64": 0x7e, "f32": 0x7d, "f64": 0x7c}
ALIASES = {"jmp": "jump", "jt": "jumpif", "jf": "jumpifnot"}

WIDTH = {"i32": 32, "i64": 64, "f32": 32, "f64": 64}
FRACTION_BITS = {"f32": 23, "f64": 52}
MIN_EXPONENT = {"f32": -126, "f64": -1022}


class ProgramError(Exception):
    pass


class Function:
    """What the text says, and what is found out about it."""

    def __init__(self, name):
        self.name = name
        self.parameters = []  # types
        self.results = []
        self.locals = []      # types, in the order of first use
        self.code = []        # the bytes of each instruction
        self.callees = []     # names, in the order of the call sites; later indices
        self.body = self.node = self.object = self.hash = b""
        self.component = b""  # the component object, for a member of a cycle


def read_opcodes():
    """Byte and operand of each exact mnemonic, as the tables of docs/isa.md say them."""
    row = re.compile(r"\| `0x([0-9a-f]{2})` \| `([a-z0-9_.]+)(?: ([^`]*))?` \|")
    opcodes = {}
    for line in ISA.read_text().split("\n"):
        found = row.match(line)
        if found:
            byte, mnemonic, operand = found.groups()
            opcodes.setdefault(mnemonic, {})[operand] = int(byte, 16)
    return opcodes


OPCODES = read_opcodes()


# Numbers.

def unsigned_leb(number):
    out = bytearray()
    while True:
        low, number = number & 0x7f, number >> 7
        if number == 0:
            return bytes(out + bytes([low]))
        out.append(low | 0x80)


def signed_leb(number):
    out = bytearray()
    while True:
        low, number = number & 0x7f, number >> 7  # rounds down, so -1 stays -1
        if (number == 0 and low < 0x40) or (number == -1 and low >= 0x40):
            return bytes(out + bytes([low]))
        out.append(low | 0x80)


def integer_bytes(type_, word):
    text = re.sub(r"(i32|i64)$", "", word).replace("_", "")
    if word != text and word.endswith(("i32", "i64")) and not word.endswith(type_):
        raise ProgramError(f"`{word}` is no {type_}")
    width = WIDTH[type_]
    if re.fullmatch(r"-?[0-9]+", text):
        value = int(text)
    elif re.fullmatch(r"-?0x[0-9a-fA-F]+", text):
        value = int(text, 16)
        if 1 << (width - 1) <= value < 1 << width:
            value -= 1 << width
    else:
        raise ProgramError(f"`{word}` is no integer")
    if not -(1 << (width - 1)) <= value < 1 << (width - 1):
        raise ProgramError(f"`{word}` does not fit {type_}")
    return signed_leb(value)


def exact_value(text, word):
    """The magnitude of a finite literal without its sign."""
    hexadecimal = re.fullmatch(r"0x([0-9a-fA-F]+)(?:\.([0-9a-fA-F]+))?p([+-]?[0-9]+)", text)
    decimal = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", text)
    if hexadecimal:
        whole, rest, exponent = hexadecimal.groups()
        base, power, digit_power = 16, 2, 4
    elif decimal:
        whole, rest, exponent = decimal.groups()
        base, power, digit_power = 10, 10, 1
    else:
        raise ProgramError(f"`{word}` is no float")
    rest = rest or ""
    # Beyond this every literal of 2,000 characters is 0 or too large already.
    exponent = max(-20_000, min(20_000, int(exponent or "0"))) - digit_power * len(rest)
    return int(whole + rest, base) * Fraction(power) ** exponent


def rounded(type_, value):
    """The bits of the float nearest to a value that is not negative, ties to even."""
    if value == 0:
        return 0
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    exponent = max(exponent, MIN_EXPONENT[type_])
    fraction_bits = FRACTION_BITS[type_]
    units = round(value / Fraction(2) ** (exponent - fraction_bits))  # ties to even
    # The implicit bit, and a carry out of the significand, add themselves to the exponent.
    return ((exponent - MIN_EXPONENT[type_]) << fraction_bits) + units


def float_bytes(type_, word):
    text = word.replace("_", "")
    negative = text.startswith("-")
    text = text.lstrip("-")
    if not text.startswith(("0x", "nan")) or "p" in text:
        without = re.sub(r"(f32|f64)$", "", text)
        if without != text and not text.endswith(type_):
            raise ProgramError(f"`{word}` is no {type_}")
        text = without
    fraction_bits = FRACTION_BITS[type_]
    infinity = ((1 << (WIDTH[type_] - 1 - fraction_bits)) - 1) << fraction_bits
    if text == "inf":
        bits = infinity
    elif text == "nan":
        bits = infinity | 1 << (fraction_bits - 1)
    elif text.startswith("nan:"):
        fraction = int(text[len("nan:"):], 16)
        if not 0 < fraction < 1 << fraction_bits:
            raise ProgramError(f"`{word}` has no such fraction bits")
        bits = infinity | fraction
    else:
        bits = rounded(type_, exact_value(text, word))
        if bits >= infinity:
            raise ProgramError(f"`{word}` does not fit {type_}")
    bits |= negative << (WIDTH[type_] - 1)
    return bits.to_bytes(WIDTH[type_] // 8, "little")


# The text. A byte is a character here (latin-1), so that strings keep their bytes.

TOKEN = re.compile(r"""
    (?P<blank>[ \t\r]+|;[^\n]*)
  | (?P<line>\n)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<nan>-?nan:0x[0-9a-fA-F_]+)
  | (?P<label>[A-Za-z_][A-Za-z0-9_.]*:)
  | (?P<arrow>->)
  | (?P<word>[-+A-Za-z0-9_.\#]+)
  | (?P<sign>[(){},:])
""", re.VERBOSE)

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def tokens_of(text):
    text = text.decode("latin-1")
    if text.startswith("#!"):
        text = ";" + text
    tokens = []
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            line = text.count("\n", 0, at) + 1
            raise ProgramError(f"line {line}: cannot read `{text[at:at + 20]}`")
        at = found.end()
        if found.lastgroup != "blank":
            tokens.append((found.lastgroup, found.group()))
    tokens.append(("line", "\n"))
    return tokens


class Reader:
    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.at = 0

    def skip_lines(self):
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "line":
            self.at += 1
        return self.at < len(self.tokens)

    def next(self, what=None):
        if self.at == len(self.tokens):
            raise ProgramError("the text ends too early")
        kind, word = self.tokens[self.at]
        if what is not None and word != what:
            raise ProgramError(f"`{what}` is missing before `{word}`")
        self.at += 1
        return word

    def next_over_lines(self, what=None):
        self.skip_lines()
        return self.next(what)

    def peek(self):
        return self.tokens[self.at]

    def type(self):
        word = self.next_over_lines()
        if word not in TYPES:
            raise ProgramError(f"`{word}` is no type")
        return word

    def named_type(self):
        """`NAME: TYPE`, whose name and colon are one token unless a blank is between them."""
        name = self.next_over_lines()
        if name.endswith(":"):
            name = name[:-1]
        else:
            self.next(":")
        return name, self.type()

    def program(self):
        functions = []
        while self.skip_lines():
            word = self.next()
            if word == "fn":
                functions.append(self.function())
            elif word == "check":
                while self.peek()[0] != "line":
                    self.next()
            else:
                raise ProgramError(f"`{word}` at the top level")
        names = {function.name: index for index, function in enumerate(functions)}
        if len(names) != len(functions):
            raise ProgramError("two functions have one name")
        for function in functions:
            for name in function.callees:
                if name not in names:
                    raise ProgramError(f"there is no function `{name}`")
            function.callees = [names[name] for name in function.callees]
        return functions

    def function(self):
        function = Function(self.next())
        local_names, local_types = {}, []
        self.next("(")
        self.skip_lines()
        while self.peek()[1] != ")":
            if function.parameters:
                self.next_over_lines(",")
            name, type_ = self.named_type()
            local_names[name] = len(local_types)
            local_types.append(type_)
            function.parameters.append(type_)
            self.skip_lines()
        self.next(")")
        self.next("->")  # the exact style has every result typed
        if self.peek()[1] == "(":
            self.next("(")
            while self.peek()[1] != ")":
                if function.results:
                    self.next_over_lines(",")
                function.results.append(self.type())
                self.skip_lines()
            self.next(")")
        else:
            function.results.append(self.type())
        self.next_over_lines("{")

        # First the words of each instruction, for labels and locals may be told later.
        instructions, labels = [], {}
        while True:
            self.skip_lines()
            kind, word = self.peek()
            self.next()
            if word == "}":
                break
            if kind == "label":
                labels[word[:-1]] = len(instructions)
            elif word == "local":
                name, type_ = self.named_type()
                local_names[name] = len(local_types)
                local_types.append(type_)
            else:
                instructions.append(self.instruction(ALIASES.get(word, word)))

        parameters = len(function.parameters)
        numbers = {index: index for index in range(parameters)}
        for index, (mnemonic, operand, words) in enumerate(instructions):
            code = bytes([OPCODES[mnemonic][operand]])
            if operand == "TARGET":
                code += self.target(words[0], index, labels, len(instructions))
            elif operand == "TARGET…":
                code += unsigned_leb(len(words))
                for word in words:
                    code += self.target(word, index, labels, len(instructions))
            elif operand == "FUNCTION":
                function.callees.append(words[0])
            elif operand == "LOCAL":
                if words[0] in local_names:
                    local = local_names[words[0]]
                elif words[0].isdigit() and int(words[0]) < len(local_types):
                    local = int(words[0])
                else:
                    raise ProgramError(f"there is no local `{words[0]}` in `{function.name}`")
                if local not in numbers:
                    numbers[local] = len(numbers)
                    function.locals.append(local_types[local])
                code += unsigned_leb(numbers[local])
            elif operand == "LITERAL":
                type_ = mnemonic[:3]
                code += (integer_bytes if type_[0] == "i" else float_bytes)(type_, words[0])
            elif operand is not None:
                string = re.sub(r"\\(.)", lambda escape: ESCAPES[escape[1]], words[0][1:-1])
                code += unsigned_leb(len(string)) + string.encode("latin-1")
            function.code.append(code)
        return function

    def instruction(self, mnemonic):
        """Mnemonic, kind of operand, and the operand's words."""
        if mnemonic not in OPCODES:
            raise ProgramError(f"there is no exact mnemonic `{mnemonic}`")
        (operand,) = OPCODES[mnemonic]
        words = []
        if operand == "TARGET…":
            while self.peek()[0] != "line" and self.peek()[1] != "}":
                words.append(self.next())
        elif operand is not None:
            words.append(self.next())
            if operand.startswith('"') != words[0].startswith('"'):
                raise ProgramError(f"`{mnemonic} {words[0]}`")
        return mnemonic, operand, words

    def target(self, word, index, labels, count):
        if re.fullmatch(r"[+-]?[0-9]+", word):
            place = index + int(word)
        elif word in labels:
            place = labels[word]
        else:
            raise ProgramError(f"there is no label `{word}`")
        if not 0 <= place < count:
            raise ProgramError(f"the target `{word}` is outside the body")
        return unsigned_leb(place)


def read_program(text):
    functions = Reader(text).program()
    for function in functions:
        function.body = body_of(function)
    return functions


# Bytes.

def body_of(function):
    body = b""
    for types in function.parameters, function.results, function.locals:
        body += unsigned_leb(len(types)) + bytes(TYPES[type_] for type_ in types)
    return body + unsigned_leb(len(function.code)) + b"".join(function.code)


def object_of(kind, content):
    return b"RVM" + bytes([kind, 1]) + content


def node_of(body, references):
    return body + unsigned_leb(len(references)) + b"".join(references)


# Sameness and the graph of the classes. Functions and classes are numbers here.

def classes_of(functions):
    """The class of each function: told apart again and again until no class falls apart."""
    def numbered(keys):
        numbers = {}
        return [numbers.setdefault(key, len(numbers)) for key in keys], len(numbers)

    classes, count = numbered([function.body for function in functions])
    while True:
        classes, finer = numbered([(classes[index], *(classes[callee] for callee in each.callees))
                                   for index, each in enumerate(functions)])
        if finer == count:
            return classes
        count = finer


def components_of(callees):
    """Tarjan's strongly connected components, callees first, without recursion."""
    order, low, component = {}, {}, {}
    stack, components = [], []
    for root in range(len(callees)):
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        work = [(root, iter(callees[root]))]
        while work:
            node, rest = work[-1]
            for callee in rest:
                if callee not in order:
                    order[callee] = low[callee] = len(order)
                    stack.append(callee)
                    work.append((callee, iter(callees[callee])))
                    break
                if callee not in component:
                    low[node] = min(low[node], order[callee])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    at = stack.index(node)
                    members, stack[at:] = stack[at:], []
                    for member in members:
                        component[member] = len(components)
                    components.append(members)
    return components


def in_order(members, nodes, inner):
    """Rank refinement: `nodes` are those of the first sort, `inner` the callees inside."""
    def ranks_of(keys):
        places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
        return {member: places[key] for member, key in keys.items()}

    ranks = ranks_of({member: nodes[member] for member in members})
    while len(set(ranks.values())) < len(members):
        before = len(set(ranks.values()))
        ranks = ranks_of({member: (ranks[member], *(ranks[callee] for callee in inner[member]))
                          for member in members})
        assert len(set(ranks.values())) > before, "two members are the same function"
    return sorted(members, key=lambda member: ranks[member])


# Hashes.

def blake3(objects):
    """The hash of each of many byte strings, by few calls of b3sum."""
    if not shutil.which("b3sum"):
        raise SystemExit("hasher.py: the program b3sum is missing (apt-get install b3sum)")
    different = list(dict.fromkeys(objects))
    hashes = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(different):
            (Path(folder) / str(number)).write_bytes(content)
        for first in range(0, len(different), 2000):
            part = different[first:first + 2000]
            names = [str(first + number) for number in range(len(part))]
            lines = subprocess.run(["b3sum", "--no-names", *names], cwd=folder, check=True,
                                   stdout=subprocess.PIPE).stdout.split()
            assert len(lines) == len(part)
            hashes.update(zip(part, (bytes.fromhex(line.decode()) for line in lines)))
    return [hashes[content] for content in objects]


class Graph:
    """The classes of one program, its components in levels: callees have lower ones."""

    def __init__(self, functions):
        self.functions = functions
        self.class_of = classes_of(functions)
        self.bodies, self.callees = {}, {}
        for index, function in enumerate(functions):
            self.bodies[self.class_of[index]] = function.body
            self.callees[self.class_of[index]] = [self.class_of[c] for c in function.callees]
        self.nodes, self.objects, self.component_objects, self.hashes = {}, {}, {}, {}
        self.levels = []
        level_of = {}
        for members in components_of(self.callees):
            outside = {c for member in members for c in self.callees[member]} - set(members)
            level = max((level_of[callee] + 1 for callee in outside), default=0)
            level_of.update((member, level) for member in members)
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(members)

    def write(self, members):
        """Makes the nodes; gives the object that has to be hashed, and the members in order."""
        inside = set(members)
        first = members[0]
        if len(members) == 1 and first not in self.callees[first]:
            self.nodes[first] = node_of(self.bodies[first], [b"\0" + self.hashes[callee]
                                                             for callee in self.callees[first]])
            self.objects[first] = object_of(0, self.nodes[first])
            return self.objects[first], None

        def node(member, inner):
            return node_of(self.bodies[member], [inner(callee) if callee in inside else
                                                 b"\0" + self.hashes[callee]
                                                 for callee in self.callees[member]])

        ordered = in_order(members, {member: node(member, lambda _: b"\1") for member in members},
                           {member: [callee for callee in self.callees[member] if callee in inside]
                            for member in members})
        place = {member: unsigned_leb(number) for number, member in enumerate(ordered)}
        for member in members:
            self.nodes[member] = node(member, lambda callee: b"\1" + place[callee])
        component = object_of(1, unsigned_leb(len(ordered)) +
                              b"".join(self.nodes[member] for member in ordered))
        self.component_objects.update((member, component) for member in members)
        return component, ordered


def hash_programs(programs):
    """Fills node, object and hash of the functions of many programs, level by level at once."""
    every = graphs = [Graph(functions) for functions in programs]
    for level in range(max((len(graph.levels) for graph in graphs), default=0)):
        graphs = [graph for graph in graphs if level < len(graph.levels)]
        written = [(graph, members, *graph.write(members))
                   for graph in graphs for members in graph.levels[level]]
        hashes = blake3([object_ for _, _, object_, _ in written])
        of_members = []
        for (graph, members, _, ordered), hash_ in zip(written, hashes):
            if ordered is None:
                graph.hashes[members[0]] = hash_
                continue
            for number, member in enumerate(ordered):
                graph.objects[member] = object_of(2, hash_ + unsigned_leb(number))
                of_members.append((graph, member))
        hashes = blake3([graph.objects[member] for graph, member in of_members])
        for (graph, member), hash_ in zip(of_members, hashes):
            graph.hashes[member] = hash_
    for graph in every:
        for index, function in enumerate(graph.functions):
            class_ = graph.class_of[index]
            function.node, function.object = graph.nodes[class_], graph.objects[class_]
            function.component = graph.component_objects.get(class_, b"")
            function.hash = graph.hashes[class_]


def hash_texts(texts):
    """The list of (hash in hexadecimal, name) of each of many texts."""
    programs = [read_program(text) for text in texts]
    hash_programs(programs)
    return [[(function.hash.hex(), function.name) for function in functions]
            for functions in programs]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--bytes", action="store_true")
    options = parser.parse_args()
    try:
        programs = [read_program(path.read_bytes()) for path in options.files]
    except ProgramError as error:
        print(f"hasher.py: {error}", file=sys.stderr)
        return 3
    hash_programs(programs)
    for functions in programs:
        for function in functions:
            print(f"{function.hash.hex()}  {function.name}")
            if options.bytes:
                for what in "body", "node", "component", "object":
                    print(f"    {what:9} {getattr(function, what).hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
