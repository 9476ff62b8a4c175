#!/usr/bin/env python3
"""PTX as C: reads PTX of LLVM's NVPTX back end, writes C in which each instruction is a statement, so
that a kernel runs without a GPU: ptx_to_c.py < KERNEL.ptx > kernel.c

Each kernel becomes a function

    void NAME_launch(unsigned groups, unsigned group, const void* const* parameters)

which runs one lane after the other. Parameters, of functions too, are bytes in memory, as in PTX.
What PTX leaves undefined or defines otherwise than C (shifts, divisions, conversions) is in the
prelude. An instruction that is not known is an error: nothing is guessed. Registers are C variables;
those of 32 and 64 bits are unsigned, and the instruction's type says how they are read."""

import re
import sys

PRELUDE = r"""
typedef unsigned char u8; typedef signed char s8; typedef unsigned short u16; typedef short s16;
typedef unsigned int u32; typedef int s32; typedef unsigned long long u64; typedef long long s64;
typedef float f32; typedef double f64; typedef u8 pred;
typedef u8 b8; typedef u16 b16; typedef u32 b32; typedef u64 b64;
#pragma STDC FP_CONTRACT OFF
#define AS(to, from, name) static inline to name(from a) { to r; __builtin_memcpy(&r, &a, sizeof r); return r; }
AS(f32, u32, f32_of) AS(u32, f32, bits_of_f32) AS(f64, u64, f64_of) AS(u64, f64, bits_of_f64)
#define INTEGER(s, u, bits) \
  static inline u shl_##u(u a, u32 n) { return n >= bits ? 0 : (u)(a << n); } \
  static inline u shr_##u(u a, u32 n) { return n >= bits ? 0 : (u)(a >> n); } \
  static inline s shr_##s(s a, u32 n) { return (s)(a >> (n >= bits ? bits - 1 : n)); } \
  static inline u div_##u(u a, u b) { return b == 0 ? (u)-1 : a / b; } \
  static inline u rem_##u(u a, u b) { return b == 0 ? a : a % b; } \
  static inline s div_##s(s a, s b) { return b == 0 ? -1 : b == -1 ? (s)(0 - (u)a) : a / b; } \
  static inline s rem_##s(s a, s b) { return b == 0 ? a : b == -1 ? 0 : a % b; } \
  static inline s abs_##s(s a) { return a < 0 ? (s)(0 - (u)a) : a; } \
  static inline s min_##s(s a, s b) { return a < b ? a : b; } \
  static inline s max_##s(s a, s b) { return a > b ? a : b; } \
  static inline u min_##u(u a, u b) { return a < b ? a : b; } \
  static inline u max_##u(u a, u b) { return a > b ? a : b; }
INTEGER(s16, u16, 16) INTEGER(s32, u32, 32) INTEGER(s64, u64, 64)
static inline u32 clz_b32(u32 a) { return a == 0 ? 32 : (u32)__builtin_clz(a); }
static inline u32 clz_b64(u64 a) { return a == 0 ? 64 : (u32)__builtin_clzll(a); }
static inline u64 mulhi_u64(u64 a, u64 b) { return (u64)((unsigned __int128)a * b >> 64); }
static inline s64 mulhi_s64(s64 a, s64 b) { return (s64)((__int128)a * b >> 64); }
static inline u32 mulhi_u32(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }
static inline s32 mulhi_s32(s32 a, s32 b) { return (s32)((s64)a * b >> 32); }
static inline u32 funnel_l(u32 low, u32 high, u32 n) { return (u32)(((u64)high << 32 | low) << n >> 32); }
static inline u32 funnel_r(u32 low, u32 high, u32 n) { return (u32)(((u64)high << 32 | low) >> n); }
static inline u32 prmt(u32 a, u32 b, u32 how) {
  u64 all = (u64)b << 32 | a; u32 r = 0;
  for (int i = 0; i < 4; ++i) {
    u32 pick = how >> 4 * i; u8 byte = (u8)(all >> 8 * (pick & 7));
    if (pick & 8) byte = byte & 0x80 ? 0xff : 0;
    r |= (u32)byte << 8 * i;
  }
  return r;
}
static inline u64 bfe_u64(u64 a, u32 at, u32 n) { return n == 0 || at > 63 ? 0 : n > 63 ? a >> at : a >> at & ((1ull << n) - 1); }
static inline u64 bfi_u64(u64 a, u64 into, u32 at, u32 n) {
  u64 mask = n == 0 || at > 63 ? 0 : (n > 63 ? ~0ull : (1ull << n) - 1) << at;
  return (into & ~mask) | (at > 63 ? 0 : a << at & mask);
}
/* A conversion to integers goes to the nearest there is; PTX does not say what becomes of a NaN. */
#define TO_INTEGER(to, from, low, high, least, most) \
  static inline to to##_of_##from(from a) { return a != a ? (to)0x5a5a5a5a5a5a5a5a : a < low ? least : a >= high ? most : (to)a; }
TO_INTEGER(s32, f32, -0x1p31f, 0x1p31f, -0x7fffffff - 1, 0x7fffffff)
TO_INTEGER(s32, f64, -0x1p31, 0x1p31, -0x7fffffff - 1, 0x7fffffff)
TO_INTEGER(u32, f32, 0, 0x1p32f, 0, 0xffffffffu) TO_INTEGER(u32, f64, 0, 0x1p32, 0, 0xffffffffu)
TO_INTEGER(s64, f32, -0x1p63f, 0x1p63f, -0x7fffffffffffffffll - 1, 0x7fffffffffffffffll)
TO_INTEGER(s64, f64, -0x1p63, 0x1p63, -0x7fffffffffffffffll - 1, 0x7fffffffffffffffll)
TO_INTEGER(u64, f32, 0, 0x1p64f, 0, ~0ull) TO_INTEGER(u64, f64, 0, 0x1p64, 0, ~0ull)
/* A NaN that an instruction gives is, on a GPU, this one, whatever went in: not the processor's. A
 * change of sign is no exception. */
static inline f32 made_f32(f32 a) { return a != a ? f32_of(0x7fffffff) : a; }
static inline f64 made_f64(f64 a) { return a != a ? f64_of(0x7fffffffffffffff) : a; }
/* Of a number and a NaN the number; of two zeros the one with the greater sign, or the lesser. */
#define EXTREMES(t) \
  static inline t max_##t(t a, t b) { return made_##t(a != a ? b : b != b || a > b ? a : a < b || __builtin_signbit(a) ? b : a); } \
  static inline t min_##t(t a, t b) { return made_##t(a != a ? b : b != b || a < b ? a : a > b || __builtin_signbit(b) ? b : a); }
EXTREMES(f32) EXTREMES(f64)
static _Thread_local struct { u32 tid, ntid, ctaid, nctaid; } lane;
"""

SIGNED = {"b8": "u8", "b16": "u16", "b32": "u32", "b64": "u64"}
BYTES = {"8": 1, "6": 2, "2": 4, "4": 8}  # by a type's last digit
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
               "lo": "<", "ls": "<=", "hi": ">", "hs": ">="}
SPECIAL = {"%tid.x": "lane.tid", "%ntid.x": "lane.ntid", "%ctaid.x": "lane.ctaid",
           "%nctaid.x": "lane.nctaid"}
SPACES = {"global", "local", "param", "const", "nc", "relaxed", "gpu", "sys", "volatile", "weak"}


class Unknown(Exception):
    pass


def size(kind):
    return BYTES[kind[-1]]


def named(text):
    """A C name for what PTX calls so."""
    return re.sub(r"[$%.]", "_", text)


class Function:
    """One function's body, statement by statement."""

    def __init__(self):
        self.kinds = {}  # of registers
        self.tables = {}  # of targets, by label
        self.lines = []

    def kind(self, operand):
        return self.kinds.get(operand)

    def value(self, operand, kind):
        """C for what an operand is, read as this type."""
        operand = operand.strip()
        own = self.kind(operand)
        if operand in SPECIAL:
            return f"({kind})({SPECIAL[operand]})"
        if own is not None:
            text = named(operand)
            if own == kind:
                return text
            if own == "pred" or kind == "pred":
                raise Unknown(f"{operand} as {kind}")
            if own in ("f32", "f64") and kind not in ("f32", "f64"):
                return f"({kind})bits_of_{own}({text})"
            if kind in ("f32", "f64") and own not in ("f32", "f64"):
                return f"{kind}_of({text})"
            return f"({kind})({text})"
        if match := re.fullmatch(r"0[fF]([0-9A-Fa-f]{8})", operand):
            bits, of = f"0x{match[1]}u", "f32"
        elif match := re.fullmatch(r"0[dD]([0-9A-Fa-f]{16})", operand):
            bits, of = f"0x{match[1]}ull", "f64"
        elif re.fullmatch(r"-?(0x)?[0-9A-Fa-f]+U?", operand):
            number = int(operand.rstrip("U"), 0)
            return f"({kind})0x{number & (2**64 - 1):x}ull"
        elif re.fullmatch(r"[A-Za-z_$][\w$.]*", operand):
            return f"({kind})(u64){named(operand)}"
        else:
            raise Unknown(operand)
        return f"{of}_of({bits})" if kind == of else f"({kind}){bits}"

    def give(self, register, kind, value):
        """C that gives a register a value of this type."""
        own = self.kind(register)
        if own is None:
            raise Unknown(register)
        if own in ("f32", "f64") and kind not in ("f32", "f64"):
            value = f"{own}_of(({SIGNED['b' + own[1:]]})({value}))"
        elif own not in ("f32", "f64") and kind in ("f32", "f64"):
            value = f"bits_of_{kind}({value})"
        elif own != kind:
            # A value of fewer bits than the register fills it by its type's sign.
            value = f"({SIGNED.get(own, own)})({kind})({value})"
        return f"{named(register)} = {value};"

    def address(self, text):
        match = re.fullmatch(r"\[([^+\]]+)(?:\+(-?\d+))?\]", text.strip())
        if not match:
            raise Unknown(text)
        base = match[1].strip()
        start = named(base)
        if self.kind(base) is None and re.fullmatch(r"\d+", base):
            raise Unknown(text)
        return f"(u8*)(u64){start} + {match[2] or 0}"

    def load(self, kind, register, address):
        c = SIGNED.get(kind, kind)
        loaded = f"({{ {c} r; __builtin_memcpy(&r, {address}, sizeof r); r; }})"
        return self.give(register, c, loaded)

    def store(self, kind, address, operand):
        c = SIGNED.get(kind, kind)
        return f"{{ {c} r = {self.value(operand, c)}; __builtin_memcpy({address}, &r, sizeof r); }}"

    def instruction(self, text):
        """C for one instruction, its guard aside."""
        name, _, rest = text.partition(" ")
        parts = name.split(".")
        op, flags, kind = parts[0], parts[1:-1], parts[-1]
        operands = split(rest)
        if op in ("ret", "exit"):
            return "return;"
        if op == "bra":
            return f"goto {named(operands[0])};"
        if op == "brx":
            cases = "".join(f"case {i}: goto {named(label)}; "
                            for i, label in enumerate(self.tables[operands[1]]))
            return f"switch ({self.value(operands[0], 'u32')}) {{ {cases}default: __builtin_trap(); }}"
        if op in ("ld", "ldu"):
            return self.memory(parts, operands[0], operands[1], self.load)
        if op == "st":
            return self.memory(parts, operands[1], operands[0],
                               lambda k, register, at: self.store(k, at, register))
        if op in ("atom", "red"):
            return self.atomic(op, parts, operands)
        if op == "setp":
            return self.compare(flags, kind, operands)
        if op == "cvt":
            return self.convert(parts[1:], operands)
        if op == "cvta":
            return self.give(operands[0], "u64", self.value(operands[1], "u64"))
        if op == "mov" and "{" in rest:
            return self.pack(operands)
        value = self.computed(op, flags, kind, operands[1:])
        result = {"popc": "u32", "clz": "u32"}.get(op, SIGNED.get(kind, kind))
        if "wide" in flags:
            result = kind[0] + str(2 * int(kind[1:]))
        return self.give(operands[0], result, value)

    def memory(self, parts, registers, address, move):
        kind = parts[-1]
        width = [p for p in parts[1:-1] if re.fullmatch(r"v[24]", p)]
        if unknown := set(parts[1:-1]) - SPACES - set(width):
            raise Unknown(f"{'.'.join(parts)}: {unknown}")
        at = self.address(address)
        if not width:
            return move(kind, registers, at)
        each = [r.strip() for r in registers.strip("{} ").split(",")]
        return " ".join(move(kind, r, f"{at} + {i * size(kind)}") for i, r in enumerate(each))

    def atomic(self, op, parts, operands):
        kind = SIGNED.get(parts[-1], parts[-1])
        what = [p for p in parts[1:-1] if p not in SPACES]
        if len(what) != 1 or what[0] not in ("add", "min", "max"):
            raise Unknown(".".join(parts))
        register = operands.pop(0) if op == "atom" else None
        at, value = f"({kind}*)({self.address(operands[0])})", self.value(operands[1], kind)
        new = f"old + {value}" if what[0] == "add" else f"{what[0]}_{kind}(old, {value})"
        back = self.give(register, kind, "old") if register else ""
        return f"{{ {kind}* at = {at}; {kind} old = *at; *at = {new}; {back} }}"

    def compare(self, flags, kind, operands):
        comparison, kind = flags[0], SIGNED.get(kind, kind)
        if len(flags) != 1 or len(operands) != 3:
            raise Unknown(f"setp.{'.'.join(flags)}")
        a, b = (self.value(operand, kind) for operand in operands[1:])
        unordered = f"({a} != {a} || {b} != {b})"
        if comparison in ("num", "nan"):
            value = f"!{unordered}" if comparison == "num" else unordered
        elif kind in ("f32", "f64") and comparison not in COMPARISONS:
            value = f"{unordered} || {a} {COMPARISONS[comparison[:-1]]} {b}"
        elif kind in ("f32", "f64") and comparison == "ne":
            value = f"!{unordered} && {a} != {b}"
        else:
            value = f"{a} {COMPARISONS[comparison]} {b}"
        return self.give(operands[0], "pred", value)

    def convert(self, parts, operands):
        to, of = parts[-2], parts[-1]
        rounding = parts[:-2]
        a = self.value(operands[1], of)
        if to in ("f32", "f64") and of in ("f32", "f64"):
            how = {"rpi": "ceil", "rmi": "floor", "rzi": "trunc", "rni": "rint"}
            if rounding and rounding[0] in how and to == of:
                value = f"__builtin_{how[rounding[0]]}{'f' if to == 'f32' else ''}({a})"
            elif rounding in ([], ["rn"]):
                value = f"({to}){a}"
            else:
                raise Unknown(f"cvt.{'.'.join(parts)}")
            value = f"made_{to}({value})"
        elif of in ("f32", "f64"):
            if rounding != ["rzi"] or size(to) < 4:
                raise Unknown(f"cvt.{'.'.join(parts)}")
            value = f"{to}_of_{of}({a})"
        elif rounding == (["rn"] if to in ("f32", "f64") else []):
            value = f"({to}){a}"
        else:
            raise Unknown(f"cvt.{'.'.join(parts)}")
        return self.give(operands[0], to, value)

    def pack(self, operands):
        to, of = operands
        if "{" in to:
            each = [r.strip() for r in to.strip("{} ").split(",")]
            bits = 64 // len(each) if self.kind(of) in ("b64", "f64") else 32 // len(each)
            whole = self.value(of, "u64" if bits * len(each) == 64 else "u32")
            return " ".join(self.give(r, f"u{bits}", f"(u{bits})({whole} >> {i * bits})")
                            for i, r in enumerate(each) if r != "_")
        each = [r.strip() for r in of.strip("{} ").split(",")]
        bits = (64 if self.kind(to) in ("b64", "f64") else 32) // len(each)
        whole = f"u{bits * len(each)}"
        value = " | ".join(f"({whole}){self.value(r, f'u{bits}')} << {i * bits}"
                           for i, r in enumerate(each))
        return self.give(to, whole, value)

    def computed(self, op, flags, kind, operands):
        """C for what an instruction computes."""
        if set(flags) - {"rn", "lo", "hi", "wide", "l", "r", "wrap", "clamp", "uni"}:
            raise Unknown(f"{op}.{'.'.join(flags)}")
        c = SIGNED.get(kind, kind)
        floating = kind in ("f32", "f64")
        if op in ("shl", "shr"):
            return f"{op}_{c}({self.value(operands[0], c)}, {self.value(operands[1], 'u32')})"
        if op == "selp":
            a, b = (self.value(operand, c) for operand in operands[:2])
            return f"{self.value(operands[2], 'pred')} ? {a} : {b}"
        if op in ("bfe", "bfi"):
            wide = [self.value(operand, "u64") for operand in operands[:-2]]
            at, n = (f"({self.value(operand, 'u32')} & 255)" for operand in operands[-2:])
            if c not in ("u32", "u64"):
                raise Unknown(f"{op}.{kind}")
            return f"({c}){op}_u64({', '.join(wide)}, {at}, {n})"
        if op == "shf":
            n = self.value(operands[2], "u32")
            n = f"({n} & 31)" if "wrap" in flags else f"min_u32({n}, 32)"
            pair = ", ".join(self.value(operand, "u32") for operand in operands[:2])
            return f"funnel_{'l' if 'l' in flags else 'r'}({pair}, {n})"
        v = [self.value(operand, c) for operand in operands]
        if op == "mov":
            return v[0]
        if floating:
            suffix = "f" if kind == "f32" else ""
            simple = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
            # Without a rounding an operation may be fused with another.
            if op in [*simple, "sqrt", "rcp", "fma"] and flags != ["rn"]:
                raise Unknown(f"{op}.{'.'.join([*flags, kind])}")
            if op == "rcp":
                return f"made_{kind}(1 / {v[0]})"
            if op in simple:
                return f"made_{kind}({v[0]} {simple[op]} {v[1]})"
            if op == "sqrt":
                return f"made_{kind}(__builtin_sqrt{suffix}({v[0]}))"
            if op == "fma":
                return f"made_{kind}(__builtin_fma{suffix}({v[0]}, {v[1]}, {v[2]}))"
            if op in ("min", "max"):
                return f"{op}_{kind}({v[0]}, {v[1]})"
            if op == "neg":
                return f"made_{kind}(-{v[0]})"
            if op == "abs":
                return f"made_{kind}(__builtin_fabs{suffix}({v[0]}))"
            if op == "copysign":
                return f"made_{kind}(__builtin_copysign{suffix}({v[1]}, {v[0]}))"
            raise Unknown(f"{op}.{kind}")
        if op in ("add", "sub", "and", "or", "xor"):
            sign = {"add": "+", "sub": "-", "and": "&", "or": "|", "xor": "^"}[op]
            u = c.replace("s", "u")
            return f"({c})(({u}){v[0]} {sign} ({u}){v[1]})"
        if op in ("mul", "mad"):
            u = c.replace("s", "u")
            if "wide" in flags:
                wide = c[0] + str(2 * int(c[1:]))
                product = f"({wide}){v[0]} * ({wide}){v[1]}"
                return product + (f" + {self.value(operands[2], wide)}" if op == "mad" else "")
            product = (f"mulhi_{c}({v[0]}, {v[1]})" if "hi" in flags
                       else f"({u}){v[0]} * ({u}){v[1]}")
            return f"({c})({product}{f' + ({u})' + v[2] if op == 'mad' else ''})"
        if op in ("div", "rem", "min", "max", "abs"):
            return f"{op}_{c}({', '.join(v)})"
        if op == "neg":
            return f"({c})(0 - ({c.replace('s', 'u')}){v[0]})"
        if op == "not":
            return f"!{v[0]}" if kind == "pred" else f"({c})~{v[0]}"
        if op == "clz":
            return f"clz_{kind}({v[0]})"
        if op == "popc":
            return f"(u32)__builtin_popcountll({v[0]})"
        if op == "brev":
            return f"__builtin_bitreverse{kind[1:]}({v[0]})"
        if op == "prmt":
            return f"prmt({', '.join(v)})"
        raise Unknown(f"{op}.{kind}")


def split(text):
    """Operands; those in braces are one."""
    return [part.strip() for part in re.findall(r"(?:\{[^}]*\}|\[[^\]]*\]|[^,{\[])+", text)]


def parameters(text):
    """Names and sizes of a list of .param."""
    found = re.findall(r"\.param\s+(?:\.align\s+\d+\s+)?\.(\w+)\s+(?:\.ptr[^,]*?\s)?([\w$]+)(?:\[(\d+)\])?",
                       text)
    return [(named(name), int(count or 1) * size(kind)) for kind, name, count in found]


HEADER = re.compile(r"(?:\.(?:visible|weak|extern)\s+)*\.(func|entry)\s*(\([^)]*\))?\s*([\w$]+)\s*(\([^)]*\))?"
                    r"[^;{]*([;{])")
GLOBAL = re.compile(r"(?:\.visible |\.extern |\.weak )?\.(?:global|const)\s+\.align \d+ \.(\w+) ([\w$.]+)"
                    r"(?:\[(\d+)\])?\s*(?:=\s*(\{[^}]*\}|[^;]+))?;")


def signature(match):
    names = [n for part in (match[2], match[4]) for n, _ in parameters(part or "")]
    return f"static void {named(match[3])}({', '.join('u8* ' + n for n in names) or 'void'})"


def body(text):
    """A function's body, as C."""
    function = Function()
    text = re.sub(r"call(?:\.uni)?\s+(?:\(([^)]*)\)\s*,\s*)?([\w$]+)\s*,\s*(?:\(([^)]*)\)\s*)?;",
                  lambda m: "CALL " + named(m[2]) + "("
                  + ", ".join(named(n.strip()) for n in ((m[1] or "") + "," + (m[3] or "")).split(",")
                              if n.strip()) + ");", text)
    for label, targets in re.findall(r"([\w$]+):\s*\.branchtargets\s*([^;]*);", text):
        function.tables[label] = [target.strip() for target in targets.split(",")]
    text = re.sub(r"[\w$]+:\s*\.branchtargets\s*[^;]*;", "", text)
    text = re.sub(r"^([\w$]+):", r"LABEL \1;", text, flags=re.M)
    text = re.sub(r"(?m)^\s*([{}])\s*$", r"\1;", text)
    for statement in text.split(";"):
        statement = " ".join(statement.split())
        if statement:
            function.lines.append(translated(function, statement))
    return "\n".join(function.lines)


def translated(function, statement):
    if statement in ("{", "}"):
        return statement
    if statement.startswith("LABEL "):
        return named(statement[6:]) + ":;"
    if statement.startswith("CALL "):
        return statement[5:] + ";"
    if match := re.fullmatch(r"\.reg \.(\w+) (%\w+)<(\d+)>", statement):
        registers = [match[2] + str(i) for i in range(int(match[3]))]
    elif match := re.fullmatch(r"\.reg \.(\w+) (%\w+)", statement):
        registers = [match[2]]
    if match:
        function.kinds.update({register: match[1] for register in registers})
        declared = ", ".join(f"{named(register)} = 0" for register in registers)
        return f"{SIGNED.get(match[1], match[1])} {declared};"
    if match := re.fullmatch(r"\.local \.align \d+ \.b8 ([\w$]+)\[(\d+)\]", statement):
        return f"_Alignas(16) u8 {named(match[1])}[{match[2]}];"
    if statement.startswith(".param"):
        return " ".join(f"_Alignas(16) u8 {n}[{bytes}];" for n, bytes in parameters(statement))
    if statement.startswith((".loc", ".pragma")):
        return ""
    guard = ""
    if match := re.match(r"@(!?)(%\w+) ", statement):
        guard, statement = f"if ({match[1]}{named(match[2])}) ", statement[match.end():]
    return f"{guard}{{ {function.instruction(statement)} }}"


def table(match):
    """A constant of the module."""
    kind, name, count, values = match.groups()
    shape = f"[{count}]" if count else ""
    start = f" = {values}" if values else ""
    return f"static {SIGNED[kind]} {named(name)}{shape}{start};"


def launcher(match, number):
    names = parameters(match[4])
    take = ", ".join(f"(u8*)parameters[{i}]" for i in range(len(names)))
    return f"""
void launch_{number}(unsigned groups, unsigned group, const void* const* parameters) {{
  lane.nctaid = groups;
  lane.ntid = group;
  for (lane.ctaid = 0; lane.ctaid < groups; ++lane.ctaid)
    for (lane.tid = 0; lane.tid < group; ++lane.tid) {named(match[3])}({take});
}}"""


def translate(text, number):
    text = re.sub(r"//[^\n]*", "", text)
    # Another text may have the same names.
    for name in {m[3] for m in HEADER.finditer(text)} | {m[2] for m in GLOBAL.finditer(text)}:
        text = re.sub(rf"(?<![\w$%.]){re.escape(name)}(?![\w$.])", f"{name}__{number}", text)
    out = [table(match) for match in GLOBAL.finditer(text)]
    functions = list(HEADER.finditer(text))
    out += [signature(match) + ";" for match in functions]
    for match in functions:
        if match[5] == ";":
            continue
        end = text.find("\n}", match.end())
        out.append(signature(match) + " {\n" + body(text[match.end():end]) + "\n}")
        if match[1] == "entry":
            out.append(launcher(match, number))
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    try:
        texts = sys.stdin.read().split("\f")
        sys.stdout.write(PRELUDE + "".join(translate(*each[::-1]) for each in enumerate(texts)))
    except Unknown as error:
        sys.exit(f"ptx_to_c: not known: {error}")
