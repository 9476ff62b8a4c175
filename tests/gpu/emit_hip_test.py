#!/usr/bin/env python3
"""Emitted HIP, compiled by clang for an AMD GPU and for the host, without ROCm: a header here
stands for HIP's. No operation may be fused: emit_hip_test.py PROGRAM REPOSITORY."""

import pathlib
import re
import sys
import tempfile

import tools

PROGRAMS = ["examples/factorial.rvm", "examples/collatz.rvm", "bench/kernels/fib.rvm",
            "bench/kernels/nbody.rvm", "bench/kernels/mandelbrot.rvm",
            "bench/kernels/polynomial32.rvm", "tests/golden/emitted/shapes.rvm"]
UNFUSED = """
fn main(x: f32, y: f64) -> (f32, f64) {
    load x load x mul load x add
    load y load y mul load y add
    ret
}
"""


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    repository = pathlib.Path(sys.argv[2]).resolve()
    clang = tools.need("clang++-19")
    flags = ["-x", "hip", "--offload-arch=gfx90a", "-nogpulib", "-nogpuinc", "-O2", "-Werror",
             "-Wno-unused-command-line-argument", f"-I{repository / 'tests' / 'gpu' / 'hip'}"]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        unfused = folder / "unfused.rvm"
        unfused.write_text(UNFUSED)
        for file in [repository / file for file in PROGRAMS] + [unfused]:
            source = folder / "program.hip"
            tools.run([program, "emit", "--to", "hip", file, "-o", source],
                      env=tools.environment(name))
            code = folder / "program.s"
            tools.run([clang, *flags, "--cuda-device-only", "-S", "-o", code, source])
            tools.run([clang, *flags, "--cuda-host-only", "-fsyntax-only", source])
            text = code.read_text()
            if "rosettavm_tasks:" not in text:
                failed += 1
                print(f"{file}: there is no kernel")
            # (Division is made of fused operations.)
            fused = re.findall(r"^\s+v_(?:pk_)?(?:fma|fmac|mac|mad)_f\d+.*", text, re.M)
            if file == unfused and (fused or "v_mul_f64" not in text):
                failed += 1
                print(f"{file}: fused operations", *fused[:5], sep="\n  ")
    print(f"HIP: {len(PROGRAMS) + 1} programs, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
