#!/usr/bin/env python3
"""What src/gpu/cuda_driver.def says of the driver, against NVIDIA's toolkit: that its header declares
each function so, and that its stand-in for the driver's library has each symbol. Skipped where the
toolkit is not: cuda_header_test.py PROGRAM REPOSITORY."""

import ctypes
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77


def toolkit():
    """The toolkit's folder, or None."""
    nvcc = shutil.which("nvcc")
    places = [pathlib.Path(nvcc).resolve().parent.parent] if nvcc else []
    for place in places + [pathlib.Path("/usr/local/cuda")]:
        if (place / "include" / "cuda.h").exists():
            return place
    return None


def main():
    repository = pathlib.Path(sys.argv[2])
    place = toolkit()
    if place is None:
        print("skipped: there is no CUDA toolkit: no nvcc in PATH, no /usr/local/cuda")
        return SKIPPED
    command = ["clang++-19", "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    command += ["-I", repository / "src", "-isystem", place / "include"]
    header = subprocess.run([*command, repository / "tests/gpu/cuda_header.cpp"])
    symbols = re.findall(r"^CUDA\(\w+, (\w+),", (repository / "src/gpu/cuda_driver.def").read_text(), re.M)
    stubs = [s for s in ("lib64/stubs", "lib/stubs") if (place / s / "libcuda.so").exists()]
    if stubs:
        library = ctypes.CDLL(str(place / stubs[0] / "libcuda.so"))
        missing = [symbol for symbol in symbols if not hasattr(library, symbol)]
        print(f"{len(symbols)} symbols looked for; missing: {', '.join(missing) or 'none'}")
    else:
        missing = []
        print("skipped: symbols (the toolkit has no stubs/libcuda.so)")
    return 1 if header.returncode or missing or len(symbols) < 30 else 0


sys.exit(main())
