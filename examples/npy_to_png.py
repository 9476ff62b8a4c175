#!/usr/bin/env python3
"""Makes a picture of a file that `rosettavm par --out FILE.npy` wrote, a task for each pixel.

    examples/npy_to_png.py FILE.npy FILE.png --width PIXELS [--rounds N]

The first result of a task is its pixel's colour, row by row: 0 is black, and so is a task that
trapped; anything else is a place in a palette that goes round, more slowly the greater the number.
Nothing but Python's own library is needed."""

import argparse
import ast
import math
import struct
import sys
import zlib

# How struct spells the types of a field.
FIELDS = {"<i8": "q", "<i4": "i", "<f8": "d", "<f4": "f", "|u1": "B"}
# Colours that the palette passes on its way round.
COLORS = ["#0b1d51", "#1f6fb2", "#8fd6e8", "#fdf6d8", "#f6b042", "#c2410c", "#5b1a3a"]


def read_records(path):
    """The rows of a .npy file with one structured dimension, as tuples, and the fields' names."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x93NUMPY":
        sys.exit(f"{path} is no .npy file")
    # Behind the version, the length of a header, which is a dictionary as Python writes it.
    width = 2 if data[6] == 1 else 4
    begin = 8 + width
    length = int.from_bytes(data[8:begin], "little")
    header = ast.literal_eval(data[begin : begin + length].decode())
    if not isinstance(header["descr"], list):
        sys.exit(f"{path} has numbers, not records")
    names = [name for name, _ in header["descr"]]
    record = struct.Struct("<" + "".join(FIELDS[kind] for _, kind in header["descr"]))
    (count,) = header["shape"]
    rows = data[begin + length :][: count * record.size]
    return list(record.iter_unpack(rows)), names


def palette():
    """256 colours: black, and then once round."""
    stops = [tuple(bytes.fromhex(color[1:])) for color in COLORS]
    colors = [(0, 0, 0)]
    for i in range(255):
        place = i / 255 * len(stops)
        part = place % 1
        one, next_one = stops[int(place)], stops[(int(place) + 1) % len(stops)]
        colors.append(tuple(round(a + (b - a) * part) for a, b in zip(one, next_one)))
    return colors


def color_of(value, status, rounds):
    """The number of a value's colour in the palette."""
    if status != 0 or not 0 < value < math.inf:
        return 0
    return 1 + int(rounds * math.log(1 + value) * 255) % 255


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, width, colors):
    """A PNG file: a header, the palette, and the rows, each with a 0 before it (no filter)."""
    height = len(pixels) // width
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
            + chunk(b"PLTE", b"".join(map(bytes, colors)))
            + chunk(b"IDAT", zlib.compress(rows, 9))
            + chunk(b"IEND", b""))


def main():
    summary, _, rest = __doc__.partition("\n\n")
    arguments = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("results", metavar="FILE.npy")
    arguments.add_argument("picture", metavar="FILE.png")
    arguments.add_argument("--width", type=int, required=True, metavar="PIXELS")
    arguments.add_argument("--rounds", type=float, default=0.5, metavar="N",
                           help="through the palette, while the number grows 2.7 times (0.5)")
    given = arguments.parse_args()
    rows, names = read_records(given.results)
    if given.width < 1 or len(rows) % given.width != 0:
        sys.exit(f"{given.results} has {len(rows)} rows, which are no lines of {given.width} pixels")
    status = names.index("status")
    pixels = bytes(color_of(row[0], row[status], given.rounds) for row in rows)
    with open(given.picture, "wb") as file:
        file.write(png(pixels, given.width, palette()))
    print(f"{given.picture}: {given.width} x {len(rows) // given.width} pixels")


main()
