#!/usr/bin/env python3
"""Writes one case file for each regular opcode of src/isa/opcodes.def, beside itself.

The table says which opcodes there are, their types and their generic mnemonics. What they *mean*
is computed here a second time, with Python's integers and fractions: no float of the host takes
part, so that the expectations share nothing with the product. A value is its bit pattern, an int.
Irregular opcodes (stack, locals, control, constants, print) have hand-written files.

    make_cases.py           writes the files
    make_cases.py --check   says which files differ from what it would write
"""

import math
import re
import sys
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent.parent / "src" / "isa" / "opcodes.def"

WIDTH = {"i32": 32, "i64": 64, "f32": 32, "f64": 64}
PRECISION = {"f32": 24, "f64": 53}  # bits of the significand, the implicit one included
MIN_EXPONENT = {"f32": -126, "f64": -1022}


class Trap(Exception):
    pass


DIVIDE_BY_ZERO = Trap("integer-divide-by-zero")
OVERFLOW = Trap("integer-overflow")
INVALID = Trap("invalid-conversion")


# Integers.

def wrap(type_, value):
    return value % (1 << WIDTH[type_])


def signed(type_, bits):
    return bits - (1 << WIDTH[type_]) if bits >> (WIDTH[type_] - 1) else bits


def divide(a, b):
    """Quotient towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


# Floats: taken apart into sign and exact magnitude, put together with one rounding.

def sign_bit(type_):
    return 1 << (WIDTH[type_] - 1)


def infinity(type_):
    stored = PRECISION[type_] - 1
    return ((1 << (WIDTH[type_] - 1 - stored)) - 1) << stored


def canonical_nan(type_):
    return infinity(type_) | 1 << (PRECISION[type_] - 2)


def is_nan(type_, bits):
    return bits & ~sign_bit(type_) > infinity(type_)


def is_inf(type_, bits):
    return bits & ~sign_bit(type_) == infinity(type_)


def is_negative(type_, bits):
    return bool(bits & sign_bit(type_))


def value_of(type_, bits):
    """The exact value of a finite float."""
    stored = PRECISION[type_] - 1
    magnitude = bits & ~sign_bit(type_)
    exponent, fraction = magnitude >> stored, magnitude & ((1 << stored) - 1)
    if exponent:
        fraction |= 1 << stored
    value = fraction * Fraction(2) ** (max(exponent, 1) - 1 + MIN_EXPONENT[type_] - stored)
    return -value if is_negative(type_, bits) else value


def rounded(type_, value, negative=None):
    """The float nearest to an exact value, ties to even; `negative` is the sign where it is 0."""
    if value != 0 or negative is None:
        negative = value < 0
    sign = sign_bit(type_) if negative else 0
    magnitude = abs(Fraction(value))
    if magnitude == 0:
        return sign
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    exponent = max(exponent, MIN_EXPONENT[type_])
    stored = PRECISION[type_] - 1
    scaled = magnitude / Fraction(2) ** (exponent - stored)
    units = scaled.numerator // scaled.denominator
    rest = scaled - units
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and units % 2 == 1):
        units += 1
    # The implicit bit, and a carry out of the significand, add themselves to the exponent.
    bits = ((exponent - MIN_EXPONENT[type_]) << stored) + units
    return sign | min(bits, infinity(type_))


def next_float(type_, bits, up):
    """The neighbour of a nonzero finite float, or of an infinity towards zero."""
    return bits + 1 if up != is_negative(type_, bits) else bits - 1


# What each opcode means. A function takes (type, operands…) as bit patterns and gives one.

def shift_left(type_, a, b):
    return wrap(type_, a << b % WIDTH[type_])


def rotate_left(type_, a, count):
    count %= WIDTH[type_]
    return wrap(type_, a << count) | a >> (WIDTH[type_] - count)


def div_s(type_, a, b):
    if b == 0:
        raise DIVIDE_BY_ZERO
    quotient = divide(signed(type_, a), signed(type_, b))
    if quotient == 1 << (WIDTH[type_] - 1):
        raise OVERFLOW
    return wrap(type_, quotient)


def rem_s(type_, a, b):
    if b == 0:
        raise DIVIDE_BY_ZERO
    a, b = signed(type_, a), signed(type_, b)
    return wrap(type_, a - b * divide(a, b))


def div_u(_, a, b):
    if b == 0:
        raise DIVIDE_BY_ZERO
    return a // b


def rem_u(_, a, b):
    if b == 0:
        raise DIVIDE_BY_ZERO
    return a % b


def extend_within(from_width):
    def extend(type_, a):
        low = a % (1 << from_width)
        return wrap(type_, low - (1 << from_width) if low >> (from_width - 1) else low)
    return extend


def of_signed(function):
    """An operation on signed values, wrapping."""
    return lambda t, *operands: wrap(t, function(*[signed(t, bits) for bits in operands]))


INTEGER = {
    "eqz": lambda t, a: int(a == 0),
    "eq": lambda t, a, b: int(a == b),
    "ne": lambda t, a, b: int(a != b),
    "lt_u": lambda t, a, b: int(a < b),
    "gt_u": lambda t, a, b: int(a > b),
    "le_u": lambda t, a, b: int(a <= b),
    "ge_u": lambda t, a, b: int(a >= b),
    "lt_s": of_signed(lambda a, b: a < b),
    "gt_s": of_signed(lambda a, b: a > b),
    "le_s": of_signed(lambda a, b: a <= b),
    "ge_s": of_signed(lambda a, b: a >= b),
    "clz": lambda t, a: WIDTH[t] - a.bit_length(),
    "ctz": lambda t, a: (a & -a).bit_length() - 1 if a else WIDTH[t],
    "popcnt": lambda t, a: bin(a).count("1"),
    "add": of_signed(lambda a, b: a + b),
    "sub": of_signed(lambda a, b: a - b),
    "mul": of_signed(lambda a, b: a * b),
    "div_s": div_s,
    "div_u": div_u,
    "rem_s": rem_s,
    "rem_u": rem_u,
    "and": lambda t, a, b: a & b,
    "or": lambda t, a, b: a | b,
    "xor": lambda t, a, b: a ^ b,
    "shl": shift_left,
    "shr_s": lambda t, a, b: wrap(t, signed(t, a) >> b % WIDTH[t]),
    "shr_u": lambda t, a, b: a >> b % WIDTH[t],
    "rotl": rotate_left,
    "rotr": lambda t, a, b: rotate_left(t, a, -b),
    "extend8_s": extend_within(8),
    "extend16_s": extend_within(16),
    "extend32_s": extend_within(32),
    "neg": of_signed(lambda a: -a),
    "abs": of_signed(abs),
    "min": of_signed(min),
    "max": of_signed(max),
    "inv": of_signed(lambda a: -a - 1),
}


def compare(function, with_nan):
    def result(type_, a, b):
        if is_nan(type_, a) or is_nan(type_, b):
            return with_nan
        return int(function(order(type_, a), order(type_, b)))
    return result


def order(type_, bits):
    """A number that sorts floats that are no NaN; both zeros are 0."""
    magnitude = bits & ~sign_bit(type_)
    return -magnitude if is_negative(type_, bits) else magnitude


def f_add(t, a, b):
    if is_nan(t, a) or is_nan(t, b) or (is_inf(t, a) and is_inf(t, b) and a != b):
        return canonical_nan(t)
    if is_inf(t, a) or is_inf(t, b):
        return a if is_inf(t, a) else b
    # A sum of exactly zero is negative only if both operands are negative (zeros then).
    both_negative = is_negative(t, a) and is_negative(t, b)
    return rounded(t, value_of(t, a) + value_of(t, b), both_negative)


def f_sub(t, a, b):
    return f_add(t, a, b ^ sign_bit(t))


def f_mul(t, a, b):
    zero = any(not bits & ~sign_bit(t) for bits in (a, b))
    infinite = is_inf(t, a) or is_inf(t, b)
    if is_nan(t, a) or is_nan(t, b) or (zero and infinite):
        return canonical_nan(t)
    sign = (a ^ b) & sign_bit(t)
    return sign | infinity(t) if infinite else rounded(t, value_of(t, a) * value_of(t, b), sign)


def f_div(t, a, b):
    zero_a, zero_b = (not bits & ~sign_bit(t) for bits in (a, b))
    if is_nan(t, a) or is_nan(t, b) or (zero_a and zero_b) or (is_inf(t, a) and is_inf(t, b)):
        return canonical_nan(t)
    sign = (a ^ b) & sign_bit(t)
    if is_inf(t, a) or zero_b:
        return sign | infinity(t)
    return sign if is_inf(t, b) else rounded(t, value_of(t, a) / value_of(t, b), sign)


def f_sqrt(t, a):
    if is_nan(t, a) or (is_negative(t, a) and a != sign_bit(t)):
        return canonical_nan(t)
    if is_inf(t, a) or not a & ~sign_bit(t):
        return a
    scale = 2000  # far more bits than any significand: what is cut off only breaks a tie
    square = value_of(t, a) * 4 ** scale
    assert square.denominator == 1
    root = math.isqrt(square.numerator)
    cut = root * root != square.numerator
    return rounded(t, Fraction(2 * root + cut, 2 ** (scale + 1)))


def f_integral(function):
    def result(t, a):
        if is_nan(t, a):
            return canonical_nan(t)
        if is_inf(t, a):
            return a
        return rounded(t, function(value_of(t, a)), is_negative(t, a))
    return result


def f_least(prefer_negative):
    def result(t, a, b):
        if is_nan(t, a) or is_nan(t, b):
            return canonical_nan(t)
        # The sign decides between the zeros.
        low, high = sorted((a, b), key=lambda x: (order(t, x), not is_negative(t, x)))
        return low if prefer_negative else high
    return result


FLOAT = {
    "eq": compare(lambda a, b: a == b, 0),
    "ne": compare(lambda a, b: a != b, 1),
    "lt": compare(lambda a, b: a < b, 0),
    "gt": compare(lambda a, b: a > b, 0),
    "le": compare(lambda a, b: a <= b, 0),
    "ge": compare(lambda a, b: a >= b, 0),
    "abs": lambda t, a: a & ~sign_bit(t),
    "neg": lambda t, a: a ^ sign_bit(t),
    "copysign": lambda t, a, b: a & ~sign_bit(t) | b & sign_bit(t),
    "ceil": f_integral(math.ceil),
    "floor": f_integral(math.floor),
    "trunc": f_integral(math.trunc),
    "nearest": f_integral(round),  # Python rounds a Fraction's ties to even
    "sqrt": f_sqrt,
    "add": f_add,
    "sub": f_sub,
    "mul": f_mul,
    "div": f_div,
    "min": f_least(True),
    "max": f_least(False),
}


def integer_bounds(type_, is_signed):
    width = WIDTH[type_]
    return (-(1 << width - 1), (1 << width - 1) - 1) if is_signed else (0, (1 << width) - 1)


def to_integer(to, from_, is_signed, saturating):
    low, high = integer_bounds(to, is_signed)

    def result(_, a):
        if is_nan(from_, a):
            if saturating:
                return 0
            raise INVALID
        if is_inf(from_, a):
            value = low - 1 if is_negative(from_, a) else high + 1
        else:
            value = math.trunc(value_of(from_, a))
        if not saturating and not low <= value <= high:
            raise OVERFLOW
        return wrap(to, min(max(value, low), high))
    return result


def to_float(to, from_):
    def result(_, a):
        if is_nan(from_, a):
            return canonical_nan(to)
        if is_inf(from_, a):
            return infinity(to) | (sign_bit(to) if is_negative(from_, a) else 0)
        return rounded(to, value_of(from_, a), is_negative(from_, a))
    return result


def conversion(to, name):
    """The meaning of a mnemonic's part behind the point that names the type it comes from."""
    match = re.fullmatch(r"([a-z_]+?)_(i32|i64|f32|f64)(_[su])?", name)
    if not match:
        return None
    kind, from_, sign = match.groups()
    is_signed = sign == "_s"
    if kind in ("trunc", "trunc_sat"):
        return to_integer(to, from_, is_signed, kind == "trunc_sat")
    if kind == "convert":
        return lambda _, a: rounded(to, signed(from_, a) if is_signed else a)
    if kind in ("demote", "promote"):
        return to_float(to, from_)
    if kind == "reinterpret":
        return lambda _, a: a
    if kind == "extend":
        return lambda _, a: wrap(to, signed(from_, a) if is_signed else a)
    if kind == "wrap":
        return lambda _, a: wrap(to, a)
    return None


def meaning(mnemonic):
    type_, name = mnemonic.split(".")
    operations = INTEGER if type_[0] == "i" else FLOAT
    function = operations.get(name) or conversion(type_, name)
    if function is None:
        sys.exit(f"make_cases.py: no meaning for {mnemonic}")
    return lambda *operands: function(type_, *operands)


# Reading and writing values.

def float_names(type_):
    stored = PRECISION[type_] - 1
    one = rounded(type_, 1)
    return {
        "inf": infinity(type_),
        "nan": canonical_nan(type_),
        "nan:quiet": canonical_nan(type_) | 0x1234,  # quiet, with a payload
        "nan:signal": infinity(type_) | 1,  # signalling
        "nan:full": infinity(type_) | (1 << stored) - 1,  # every bit set
        "max": infinity(type_) - 1,
        "normal": 1 << stored,  # the least normal
        "denormal": (1 << stored) - 1,  # the greatest denormal
        "least": 1,  # the least denormal
        "1+": one + 1,
        "1-": one - 1,
        "0.5-": rounded(type_, Fraction(1, 2)) - 1,
    }


def parse(type_, text):
    """The bit pattern of a value of the lists below."""
    negative = text.startswith("-")
    body = text[1:] if negative else text
    if type_[0] == "i":
        names = {"max": (1 << WIDTH[type_] - 1) - 1, "min": 1 << WIDTH[type_] - 1}
        value = names[body] if body in names else int(body, 0)
        return wrap(type_, -value if negative else value)
    if body in float_names(type_):
        bits = float_names(type_)[body]
    elif body.startswith("0x"):
        digits, exponent = body[2:].split("p")
        whole, _, fraction = digits.partition(".")
        exact = int(whole + fraction, 16) * Fraction(2) ** (int(exponent) - 4 * len(fraction))
        bits = rounded(type_, exact)
        assert value_of(type_, bits) == exact, f"{text} is not exact in {type_}"
    else:
        bits = rounded(type_, Fraction(body))
    return bits ^ sign_bit(type_) if negative else bits


def shortest_decimal(type_, magnitude):
    """The fewest digits that read back the same, written plainly where that is short."""
    value = value_of(type_, magnitude)
    exponent = 0
    while Fraction(10) ** (exponent + 1) <= value:
        exponent += 1
    while Fraction(10) ** exponent > value:
        exponent -= 1
    for count in range(1, 18):
        scale = Fraction(10) ** (count - 1 - exponent)
        units = round(value * scale)
        if rounded(type_, units / scale) == magnitude:
            break
    digits = str(units)
    exponent += len(digits) - count  # rounding may have carried into a new digit
    digits = digits.rstrip("0")
    if -5 <= exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if 0 <= exponent < 17:
        digits = digits.ljust(exponent + 1, "0")
        return digits[:exponent + 1] + "." + (digits[exponent + 1:] or "0")
    point = "." if len(digits) > 1 else ""
    return f"{digits[0]}{point}{digits[1:]}e{exponent}"


def hexadecimal(type_, magnitude):
    stored = PRECISION[type_] - 1
    value = value_of(type_, magnitude)
    exponent = (value.numerator.bit_length() - value.denominator.bit_length())
    if Fraction(2) ** exponent > value:
        exponent -= 1
    digits = (stored + 3) // 4
    fraction = (value / Fraction(2) ** exponent - 1) * 16 ** digits
    assert fraction.denominator == 1
    text = f"{fraction.numerator:0{digits}x}".rstrip("0")
    return f"0x1{'.' if text else ''}{text}p{exponent}"


def show(type_, bits, in_hex=False):
    """A literal that reads back as exactly these bits."""
    if type_[0] == "i":
        value = signed(type_, bits)
        return hex(bits) if in_hex and not -256 <= value <= 256 else str(value)
    sign = "-" if is_negative(type_, bits) else ""
    magnitude = bits & ~sign_bit(type_)
    if magnitude == 0:
        return sign + "0.0"
    if magnitude == infinity(type_):
        return sign + "inf"
    if magnitude == canonical_nan(type_):
        return sign + "nan"
    if is_nan(type_, bits):
        return f"{sign}nan:{hex(magnitude - infinity(type_))}"
    return sign + min(shortest_decimal(type_, magnitude), hexadecimal(type_, magnitude), key=len)


# The values each opcode is tried with: operands of one try parted by blanks, tries by commas.

def tries(type_, text):
    return [[parse(type_, value) for value in each.split()] for each in text.split(",")]


def pairs(type_, corners):
    values = [parse(type_, value) for value in corners.split()]
    return [[a, b] for a in values for b in values]


def integer_tries(type_, name, operands):
    w = WIDTH[type_]
    if operands == 1:
        return tries(type_, f"0, 1, -1, 2, -2, 3, 7, 8, 127, 128, -128, -129, 255, 256, 32767, "
                     f"32768, -32768, 65535, 65536, 0x7fffffff, 0x80000000, 0x0f0f0f0f, "
                     f"0x55555555, 0xaaaaaaaa, {0x12345680 << (w - 32) | 0x80}, min, max, "
                     f"{-(1 << w - 1) + 1}, {1 << w - 2}, {0x5555555555555555 % (1 << w)}, "
                     f"{0xaaaaaaaaaaaaaaaa % (1 << w)}")
    halves = ", 0xffffffff 1, 0x100000000 -1, 0x100000001 0x100000000, 0x80000000 0x80000000, " \
             "0x7fffffff 1, 0x123456789abcdef 0xfedcba98, -4294967296 4294967296, " \
             "0x100000000 1, -2147483648 -1" if w == 64 else ""
    if name in ("shl", "shr_s", "shr_u", "rotl", "rotr"):
        pattern = 0x0123456789abcdef if w == 64 else 0x01234567
        counts = f"0 1 4 {w - 1} {w} {w + 1} {2 * w} -1 min max".split()
        values = [1, "min", -1, -pattern, pattern]
        listed = [f"{value} {count}" for value in values for count in counts]
        return tries(type_, ", ".join(listed) + f", 0 0, 0 1, 0 -1, max 1, max {w - 1}")
    if name in ("div_s", "div_u", "rem_s", "rem_u"):
        return pairs(type_, "0 1 -1 min max") + tries(
            type_, "7 2, -7 2, 7 -2, -7 -2, 6 3, -6 3, 1 7, -1 7, 100 10, 99 10, min 2, min -2, "
            "max 2, max -2, min 3, max 3, min 10, max 10" + halves)
    if name in ("and", "or", "xor"):
        return pairs(type_, "0 1 -1 min max") + tries(
            type_, f"6 3, -6 3, 0x0ff0 0x00ff, 0x55555555 0x33333333, 0xaaaaaaaa 0x55555555, "
            f"0xff00ff00 0x0ff00ff0, {1 << w - 2} {1 << w - 1}" + halves)
    if name in ("eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"):
        return pairs(type_, "0 1 -1 min max") + tries(
            type_, f"2 3, 3 2, 3 3, -2 -3, -3 -2, {-(1 << w - 1) + 1} min, max {(1 << w - 1) - 2}"
            + halves)
    return pairs(type_, "0 1 -1 min max") + tries(
        type_, f"2 3, -2 3, 100 -7, 7 100, -7 -100, 65536 65536, 65535 65537, 46341 46341, "
        f"46340 -46340, 123456789 987654321, {1 << w - 2} {1 << w - 2}, "
        f"{-(1 << w - 2)} {-(1 << w - 2)}, {1 << w // 2} {1 << w // 2 - 1}" + halves
        + (", 3037000500 3037000500, 3037000499 3037000499, 4294967295 4294967297"
           if w == 64 else ""))


NANS = "nan, -nan, nan:quiet, -nan:quiet, nan:signal, -nan:signal, nan:full"
NAN_PAIRS = "nan 1, 1 nan, -nan 1, 1 -nan, nan:quiet 1, -1 -nan:quiet, nan:signal 0, " \
            "-0 -nan:signal, nan:full -nan, -nan inf, -inf nan:quiet, nan nan"
FLOAT_PAIRS = "0 0, 0 -0, -0 0, -0 -0, 1 0, -0 1, 1.5 1.5, 1.5 -1.5, -1.5 2.25, inf 1, 1 inf, " \
              "-inf 1, inf inf, inf -inf, -inf inf, -inf -inf, inf 0, -0 inf, 0 -inf, max max, " \
              "max -max, -max max, least least, least -least, normal -denormal, normal denormal, "


def float_tries(type_, name, operands):
    p = PRECISION[type_]
    ulp = MIN_EXPONENT[type_] - p + 1  # the exponent of the least denormal
    top = -MIN_EXPONENT[type_] + 1 - p + 1  # and of the unit of the greatest number
    if name in ("ceil", "floor", "trunc", "nearest"):
        big = 2 ** (p - 1)
        return tries(type_, f"0, -0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.5, -3.5, 0.5-, -0.5-, 1-, "
                     f"-1-, 1, -1, 1+, -1+, 0.25, -0.75, 2, -3, least, -least, denormal, "
                     f"-denormal, normal, -normal, {big // 2}.5, -{big // 2}.5, {big - 1}.5, "
                     f"-{big - 1}.5, {big}, {big + 1}, -{big - 1}, {2 * big}, 2147483648, "
                     f"-9223372036854775808, max, -max, inf, -inf, " + NANS)
    if name == "sqrt":
        return tries(type_, f"0, -0, 1, 4, 9, 2, 3, 5, 10, 0.25, 0.5, 0.1, 1+, 1-, 16777216, "
                     f"1e10, 1e-10, 1e30, 123456.789, 0x1p{ulp}, 0x1p{ulp + 1}, 0x3p{ulp}, "
                     f"denormal, normal, max, 0x1p{p}, -1, -4, -least, -normal, -max, inf, -inf, "
                     + NANS)
    if operands == 1:
        return tries(type_, "0, -0, 1, -1, 0.5, -0.5, 1.5, -2.5, 1+, -1-, 0.1, -1e10, least, "
                     "-least, denormal, -denormal, normal, -normal, max, -max, inf, -inf, " + NANS)
    if name == "copysign":
        return tries(type_, "0 0, 0 -0, -0 0, -0 -0, 1 2, 1 -2, -1 2, -1 -2, 1.5 -0, -1.5 0, "
                     "inf -1, -inf 1, 1 -inf, -1 inf, least -least, -denormal 1, max -normal, "
                     "-max least, 2.5 nan, 2.5 -nan, -2.5 nan:quiet, -2.5 -nan:signal, nan 1, "
                     "nan -1, -nan 1, -nan -1, nan:quiet -0, -nan:quiet 0, nan:signal -1, "
                     "-nan:signal 1, nan:full -nan, -nan:full nan, nan -nan, -nan:quiet inf")
    if name in ("eq", "ne", "lt", "gt", "le", "ge", "min", "max"):
        return tries(type_, "0 0, 0 -0, -0 0, -0 -0, 1 2, 2 1, 1 1, -1 1, 1 -1, -1 -2, -2 -1, "
                     "1 1+, 1+ 1, 1- 1, 1 1-, -1 -1-, least 0, 0 least, -least -0, 0 -least, "
                     "least -least, denormal normal, normal denormal, max inf, inf max, -inf -max, "
                     "inf inf, inf -inf, -inf inf, -inf -inf, 1.5 -inf, max -max, " + NAN_PAIRS)
    half, tie, more = f"0x1p-{p}", f"0x1p{ulp}", f"0x1.8p-{p}"
    ten = "0.1 0.2, 0.1 0.7, 0.3 0.1, 1 3, 2 3, 10 3, 1 10, 100 0.01"
    close = {
        # Ties, what breaks them from afar, and the border to infinity.
        "add": f"1 {half}, 1+ {half}, 1 {more}, 1 -{half}, 1 -0x1p-{p + 1}, -1+ -{half}, "
               f"1 {tie}, max 0x1p{top - 1}, max 0x1p{top - 2}, -max -0x1p{top - 1}, "
               f"-max -0x1p{top - 2}, max {tie}, 1+ -1, 0x1p{p} 1, 0x1p{p} 3, inf -max",
        "sub": f"1 {half}, 1+ {half}, 1 {more}, 1 -{half}, 1+ -{half}, 1 0x1p-{p + 1}, 1 {tie}, "
               f"max -0x1p{top - 1}, max -0x1p{top - 2}, -max 0x1p{top - 1}, -max 0x1p{top - 2}, "
               f"1 1-, 1+ 1, 0x1p{p} -1, 0x1p{p} -3, inf -max",
        "mul": f"1+ 1+, 1- 1-, 1+ 1-, {tie} 0.5, {tie} 0.75, {tie} -0.5, 0x3p{ulp} 0.5, "
               f"0x5p{ulp} 0.5, normal 0.5, denormal 2, normal 1-, normal normal, max 2, max 1+, "
               f"max 1-, -max 1+, 0x1.8p1 0x1p{top + p - 2}, {tie} max, 3 5, -3 0.1, inf -max",
        "div": f"1 3, -1 3, 1 -0, -1 0, -0 -1, 0 -3, {tie} 2, {tie} -2, 0x3p{ulp} 2, 0x5p{ulp} 2, "
               f"normal 2, denormal 0.5, max 0.5, max 1-, 1 {tie}, {tie} max, 1 max, 1+ 1-, "
               f"1- 1+, 6 3, 1 1+, 1 1-, max inf, -inf max",
    }[name]
    return tries(type_, FLOAT_PAIRS + close + ", " + ten + ", " + NAN_PAIRS)


def to_integer_tries(to, from_, is_signed):
    low, high = integer_bounds(to, is_signed)
    result = tries(from_, "0, -0, 0.5, -0.5, 1-, -1-, 1, -1, 1+, -1+, 1.5, -1.5, 2.5, 2.9, -2.9, "
                   "100.99, least, -least, denormal, normal, -normal")
    # Around each bound: where the range ends exactly, and the neighbours on both sides.
    for edge in (high + 1, high, high - 1, low, low - 1, low - 2, 1 << 31, -(1 << 31)):
        bits = rounded(from_, edge)
        result.append([bits])
        if bits:
            result += [[next_float(from_, bits, True)], [next_float(from_, bits, False)]]
    if from_ == "f64" and to == "i32":
        result += [[rounded(from_, edge)] for edge in (
            high + Fraction(1, 2), high + Fraction(9, 10), low - Fraction(1, 2),
            low - Fraction(9, 10))]
    return result + tries(from_, "max, -max, inf, -inf, " + NANS)


def conversion_tries(mnemonic, from_):
    to, name = mnemonic.split(".")
    if name.startswith("trunc"):
        return to_integer_tries(to, from_, name.endswith("_s"))
    if name.startswith("convert"):
        w, p = WIDTH[from_], PRECISION[to]
        result = tries(from_, "0, 1, -1, 2, 10, -10, 123456789, -987654321, min, max, "
                       f"{-(1 << w - 1) + 1}, {(1 << w - 1) - 2}, 16777215, 16777216, 16777217, "
                       "16777218, 16777219, -16777217, -16777219, 0x7fffff80, 0x7fffffbf, "
                       "0x7fffffc0, 0x80000080, 0x80000081, 0x80000180, 0xffffff7f, 0xffffff80")
        if w == 64:
            # Ties of both precisions at the top, and where rounding twice goes wrong.
            result += tries(from_, f"{1 << 53}, {(1 << 53) + 1}, {(1 << 53) + 2}, {(1 << 53) + 3}, "
                            f"-{(1 << 53) + 1}, -{(1 << 53) + 3}, {(1 << 53) + (1 << 29) + 1}, "
                            f"-{(1 << 53) + (1 << 29) + 1}, 0x7fffff4000000001, "
                            f"0x4000004000000001, 0x8000004000000001, 0x7fffffbfffffffff, "
                            f"0x7fffffc000000000, 0x7ffffffffffffdff, 0x7ffffffffffffe00, "
                            f"0x8000000000000400, 0x8000000000000401, 0x8000008000000000, "
                            f"0x8000008000000001, 0xfffffffffffffbff, 0xfffffffffffffc00, "
                            f"0xffffff7fffffffff, 0xffffff8000000000, 0x100000000, 4294967297")
        return result
    if name.startswith("demote"):
        return tries(from_, "0, -0, 1, -1.5, 0.1, -0.1, 1+, 1-, 3.141592653589793, 16777217, "
                     "16777219, 0x1.000001p0, 0x1.000003p0, 0x1.0000010000001p0, "
                     "0x1.0000030000001p0, 0x1.000000fffffffp0, 0x1.fffffep127, "
                     "0x1.fffffefffffffp127, 0x1.ffffffp127, -0x1.ffffffp127, 0x1p128, 1e300, "
                     "max, -max, 0x1p-126, 0x1.fffffcp-127, 0x1.fffffep-127, "
                     "0x1.fffffdfffffffp-127, 0x1.ffffffp-127, 0x1p-149, 0x1p-150, "
                     "0x1.0000000000001p-150, -0x1.8p-149, 0x1.4p-148, 0x1.fffffffffffffp-151, "
                     "1e-300, -1e-300, least, -least, normal, inf, -inf, " + NANS)
    if name.startswith("promote"):
        return tries(from_, "0, -0, 1, -1, 0.1, -0.1, 3.1415927, 1+, 1-, 16777216, 1e10, 1e-10, "
                     "least, -least, 0x3p-149, denormal, -denormal, normal, max, -max, inf, -inf, "
                     + NANS)
    if from_[0] == "f":  # reinterpret
        return tries(from_, "0, -0, 1, -1, 2, 0.5, 0.1, -1.5, 1+, 1-, least, -least, denormal, "
                     "normal, max, -max, inf, -inf, " + NANS)
    if name.startswith("reinterpret"):
        nans = [[bits ^ sign] for bits in (float_names(to)[n] for n in float_names(to)
                                           if n.startswith(("nan", "inf")))
                for sign in (0, sign_bit(to))]
        return tries(from_, "0, 1, -1, 2, min, max, 0x12345678, 0x3f800000, 0x40490fdb") + [
            [rounded(to, 1)], [rounded(to, -2)], [rounded(to, Fraction(1, 10))],
            [float_names(to)["denormal"]], [float_names(to)["normal"]]] + nans
    extra = "" if WIDTH[from_] == 32 else \
        ", 0x100000000, 0xffffffff00000000, 0x180000000, 0x17fffffff, 0x123456789abcdef, " \
        "0xfffffffe80000000, -2147483649, 0xffffffff80000000"
    return tries(from_, "0, 1, -1, 127, -128, 255, 65535, -65536, 0x7fffffff, 0x80000000, "
                 "0x80000001, 0xffffffff, 0xfffffffe, 0x12345678, min, max" + extra)


# The files.

IN_HEX = {"and", "or", "xor", "inv", "shl", "shr_s", "shr_u", "rotl", "rotr", "clz", "ctz",
          "popcnt", "extend8_s", "extend16_s", "extend32_s"}
COMPARISONS = {"eqz", "eq", "ne", "lt", "gt", "le", "ge", "lt_s", "gt_s", "le_s", "ge_s", "lt_u",
               "gt_u", "le_u", "ge_u"}
ROW = re.compile(r'^RV_REGULAR\((0x\w+),\s*\w+,\s*"([^"]+)",\s*\w+,\s*(\w+)\(([^)]*)\),\s*(\w+),'
                 r'\s*(\w+),\s*"([^"]*)",\s*"([^"]*)"\)', re.MULTILINE)


class Row:
    def __init__(self, match):
        _, self.mnemonic, self.result, operands, traps, nan, generics, self.text = match.groups()
        self.operands = operands.replace(" ", "").split(",")
        self.traps = traps == "Traps"
        self.makes_nan = nan == "Makes"
        self.generics = generics.split()
        self.name = self.mnemonic.split(".")[1]
        self.function = meaning(self.mnemonic)
        converts = self.operands[0] != self.result or "_f" in self.name or "_i" in self.name
        self.in_hex = self.name in IN_HEX or self.name.startswith(("reinterpret", "wrap", "extend"))
        if converts and self.name not in COMPARISONS:
            self.tries = conversion_tries(self.mnemonic, self.operands[0])
        elif self.operands[0][0] == "i":
            self.tries = integer_tries(self.operands[0], self.name, len(self.operands))
        else:
            self.tries = float_tries(self.operands[0], self.name, len(self.operands))
        seen = []
        self.tries = [each for each in self.tries if not (each in seen or seen.append(each))]

    def outcome(self, operands):
        """The result's bits, or the trap's name."""
        try:
            return self.function(*operands)
        except Trap as trap:
            return str(trap)

    def literals(self, operands):
        return [show(type_, bits, self.in_hex) for type_, bits in zip(self.operands, operands)]


class File:
    """Functions first, then the checks of each."""

    def __init__(self, row):
        self.row, self.functions, self.checks = row, [], []

    def function(self, name, parameters, result, body, tried, arguments, then=None, part=True):
        """`tried` are the operands; `arguments` which of them are passed, by position; `part`: a
        blank line stands before the checks."""
        row = self.row
        if part:
            self.checks.append("")
        types = dict(zip("ab", row.operands))
        listed = ", ".join(f"{p}: {types[p]}" for p in parameters)
        text = f"fn {name}({listed}) -> {result} {{"
        line = f"{text} {body} }}".replace("  ", " ")
        if len(line) > 100 or "\n" in body:
            line = text + "\n    " + body.replace("\n", "\n    ") + "\n}"
            line = re.sub(r"\n    (\w+:)", r"\n\1", line)
        self.functions.append(line)
        for operands in tried:
            outcome = row.outcome(operands)
            if isinstance(outcome, str):
                expected = f"traps {outcome}"
            else:
                bits = then(outcome) if then else outcome
                expected = f"== {show(result, bits, row.in_hex)}"
            passed = [row.literals(operands)[i] for i in arguments]
            self.checks.append(f"check {name}({', '.join(passed)}) {expected}")

    def text(self):
        head = f"; {self.row.mnemonic}, written by make_cases.py\n; {self.row.text}\n"
        return head + "\n" + "\n".join(self.functions) + "\n" + "\n".join(self.checks) + "\n"


def spread(items, count):
    """About `count` of them, from first to last."""
    step = max(1, len(items) // count)
    return items[::step]


def pick(row, wanted):
    """The tries whose outcome is as wanted."""
    return [each for each in row.tries if wanted(row.outcome(each))]


def with_constants(file, row, op):
    """An operand, or all, constant in the code: engines have forms of their own for it."""
    tried = spread(row.tries, 3) + pick(row, lambda outcome: isinstance(outcome, str))[-2:]
    if len(row.operands) == 1:
        for number, operands in enumerate(tried):
            push = f"push {row.literals(operands)[0]}"
            file.function(f"constant_{number}", "", row.result, f"{push} {op} ret", [operands], [],
                          part=number == 0)
        return
    right = sorted({b for _, b in tried})[:3]
    for number, b in enumerate(right):
        literal = row.literals([b, b])[1]
        chosen = [each for each in row.tries if each[1] == b]
        file.function(f"constant_right_{number}", "a", row.result,
                      f"load a push {literal} {op} ret", spread(chosen, 4), [0])
    for number, a in enumerate(sorted({a for a, _ in tried})[-2:]):
        literal = row.literals([a, a])[0]
        chosen = [each for each in row.tries if each[0] == a]
        file.function(f"constant_left_{number}", "b", row.result,
                      f"push {literal} load b {op} ret", spread(chosen, 4), [1])
    for number, operands in enumerate(tried[1:]):
        left, right = row.literals(operands)
        file.function(f"constants_{number}", "", row.result,
                      f"push {left} push {right} {op} ret", [operands], [], part=number == 0)


def file_of(row):
    file = File(row)
    op = row.mnemonic
    parameters = "ab"[:len(row.operands)]
    everything = list(range(len(row.operands)))
    loads = " ".join(f"load {p}" for p in parameters)

    file.function(op.replace(".", "_"), parameters, row.result, f"{loads} {op} ret", row.tries,
                  everything)
    traps = pick(row, lambda outcome: isinstance(outcome, str))
    for generic in row.generics:
        file.function(generic, parameters, row.result, f"{loads} {generic} ret",
                      spread(row.tries, 7), everything)
    if len(row.operands) == 2:
        same = [each for each in row.tries if each[0] == each[1]]
        file.function("same", "a", row.result, f"load a dup {op} ret", spread(same, 4), [0])
    if row.traps:
        harmless = pick(row, lambda outcome: not isinstance(outcome, str))
        # A trap happens although nobody looks at the result.
        file.function("unused", parameters, "i64", f"{loads} {op} pop push 7 ret",
                      spread(traps, 3) + harmless[:1], everything, lambda _: 7)
    if row.name in COMPARISONS:
        tried = spread(row.tries, 6)
        file.function("branch", parameters, "i64",
                      f"{loads} {op} jumpif yes\npush 10 ret\nyes:\npush 20 ret", tried, everything,
                      lambda bits: 20 if bits else 10)
        file.function("branch_not", parameters, "i64",
                      f"{loads} {op} jumpifnot no\npush 20 ret\nno:\npush 10 ret", tried,
                      everything, lambda bits: 20 if bits else 10)
    if row.makes_nan:
        # A new NaN is canonical before its sign is flipped.
        nans = pick(row, lambda outcome: is_nan(row.result, outcome))
        file.function("negated", parameters, row.result, f"{loads} {op} neg ret",
                      spread(nans, 4) + row.tries[:2], everything,
                      lambda bits: bits ^ sign_bit(row.result))
    with_constants(file, row, op)
    return file.text()


def main():
    rows = [Row(match) for match in ROW.finditer(TABLE.read_text())]
    assert len(rows) == len(re.findall(r"^RV_REGULAR\(0x", TABLE.read_text(), re.MULTILINE))
    stale = []
    for row in rows:
        path, text = HERE / (row.mnemonic.replace(".", "_") + ".rvm"), file_of(row)
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if "--check" not in sys.argv[1:]:
                path.write_text(text)
    if "--check" in sys.argv[1:] and stale:
        sys.exit("not as make_cases.py would write it: " + " ".join(stale))


if __name__ == "__main__":
    main()
