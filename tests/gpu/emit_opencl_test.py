#!/usr/bin/env python3
"""Emitted OpenCL C, compiled by clang as OpenCL C 1.2, for devices with f64 and without: what has
no f64 does without, and what has it says what it misses. Nothing may be fused:
emit_opencl_test.py PROGRAM REPOSITORY."""

import pathlib
import sys
import tempfile

import tools

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
    clang = tools.need("clang-19")
    files = sorted(repository.glob("examples/*.rvm")) + sorted(
        repository.glob("bench/kernels/*.rvm"))
    files.append(repository / "tests" / "golden" / "emitted" / "shapes.rvm")
    failed = without = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "program.cl"
        code = folder / "program.ll"

        def emit(file):
            tools.run([program, "emit", "--to", "opencl", file, "-o", source],
                      env=tools.environment(name))

        def compiled(*flags):
            return tools.run([clang, "-x", "cl", "-cl-std=CL1.2", "-target", "spir64", "-O0",
                              "-Werror", "-Xclang", "-finclude-default-header", "-S",
                              "-emit-llvm", *flags, "-o", code, source], fails=True)

        for file in files:
            emit(file)
            done = compiled()
            if done.returncode != 0:
                failed += 1
                print(f"{file}:\n{done.stderr[-2000:]}")
            needs_f64 = " */\n#define RV_WITHOUT_F64\n" not in source.read_text()
            done = compiled("-Xclang", "-cl-ext=-cl_khr_fp64")
            said = "computes with f64, and the device has not cl_khr_fp64" in done.stderr
            without += not needs_f64
            if (done.returncode != 0) != needs_f64 or said != needs_f64:
                failed += 1
                print(f"{file}, without f64:\n{done.stderr[-2000:]}")
        path = folder / "unfused.rvm"
        path.write_text(UNFUSED)
        emit(path)
        compiled()
        text = code.read_text()
        if "fmuladd" in text or "fmul double" not in text:
            failed += 1
            print("products and sums are fused")
    print(f"OpenCL: {len(files)} programs, {without} of them without f64, {failed} wrong")
    return 1 if failed or not 0 < without < len(files) else 0


if __name__ == "__main__":
    sys.exit(main())
