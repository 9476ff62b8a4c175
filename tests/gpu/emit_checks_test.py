#!/usr/bin/env python3
"""Every check line of the cases, examples and kernels, and random programs, on emitted kernels:
bits, statuses, limits, totals, and that no task touches what is another's. As C by gcc and clang, as CUDA by clang on lanes
of the host, under AddressSanitizer and UndefinedBehaviorSanitizer: emit_checks_test.py PROGRAM
REPOSITORY. Last, the OpenCL prelude's floats for devices without f64."""

import concurrent.futures
import pathlib
import re
import sys
import tempfile

import tools

RANDOM = 80  # programs


def nested(depth):
    """Loops and branches within each other, deeper than braces may be."""
    loops = "fn loops(n) {\n    local sum\n"
    loops += "".join(f"    local i{k}\n" for k in range(depth))
    for k in range(depth):
        loops += f"    push 0 store i{k}\nhead{k}:\n    load i{k} load n ge jumpif out{k}\n"
        loops += f"    load sum push {k} add store sum\n"
    for k in reversed(range(depth)):
        # The innermost leaves all of them at once when it is there for the fifth time.
        if k == depth - 1:
            loops += "    load sum push 5_000 gt jumpif away\n"
        loops += f"    load i{k} push 1 add store i{k}\n    jump head{k}\nout{k}:\n"
    loops += "    load sum ret\naway:\n    push -1 load sum sub ret\n}\n"
    branches = "fn branches(n) {\n    local sum\n"
    for k in range(depth):
        branches += f"    load n push {k} shr_u push 1 and jumpif in{k}\n"
        branches += f"    load sum push {k} add store sum\n    jump behind{k}\nin{k}:\n"
    for k in reversed(range(depth)):
        branches += f"    load sum push 2 mul push {k} add store sum\nbehind{k}:\n"
    branches += "    load sum ret\n}\n"

    def branched(n):
        total = 0
        last = next((k for k in range(depth) if not n >> k & 1), depth)
        if last < depth:
            total = last
        for k in reversed(range(last)):
            total = total * 2 + k
        return (total + 2**63) % 2**64 - 2**63

    def looped(n, budget=5_000):
        total = 0
        counts = [0] * depth
        level = 0
        while level >= 0:
            if level == depth:
                if total > budget:
                    return -1 - total
                level -= 1
                counts[level] += 1
            elif counts[level] >= n:
                counts[level] = 0
                level -= 1
                if level >= 0:
                    counts[level] += 1
            else:
                total += level
                level += 1
        return total

    checks = "".join(f"check loops({n}) == {looped(n)}\n" for n in (0, 1, 2))
    checks += "".join(f"check branches({n}) == {branched(n)}\n"
                      for n in (0, 1, 7, 2**30 - 1, 2**40 - 2, 2**60 - 1, 2**40 - 1))
    return loops + branches + checks


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    repository = pathlib.Path(sys.argv[2]).resolve()
    compilers = tools.Compilers(repository)
    files = sorted(repository.glob("tests/cases/*.rvm")) + sorted(
        repository.glob("examples/*.rvm")) + sorted(repository.glob("bench/kernels/*.rvm"))
    files.append(repository / "tests" / "golden" / "emitted" / "shapes.rvm")
    home = tempfile.TemporaryDirectory()
    files.append(pathlib.Path(home.name) / "nested.rvm")
    files[-1].write_text(nested(60))
    tools.run([program, "test", "--fresh", files[-1]], env=tools.environment(home.name))
    lines = sum(len(re.findall(r"^check ", file.read_text(), re.M)) for file in files)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def check(label, dialect, build):
            source = folder / f"{label}.{dialect}"
            text = tools.run([program.parent / "emit_checks", dialect, *files,
                              f"seeds=1:{RANDOM}"]).stdout
            source.write_text(text)
            build(source, folder / label)
            done = tools.run([folder / label], fails=True)
            print(f"{label}: {done.stdout.strip()} {done.stderr[-4000:]}")
            count = re.search(r"(\d+) checks, 0 wrong$", done.stdout.strip())
            return done.returncode == 0 and count and int(count[1]) > lines + 10 * RANDOM

        def floats():
            source = repository / "tests" / "gpu" / "opencl_floats.cpp"
            tools.run([tools.need("clang++-19"), "-std=c++20", "-O2", "-w",
                       f"-I{repository / 'src'}", "-o", folder / "floats", source])
            done = tools.run([folder / "floats"], fails=True)
            print("f32 in integers: " + done.stdout.strip())
            return done.returncode == 0

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(check, "on_host", "cuda", compilers.cuda_on_host),
                    pool.submit(check, "gcc", "c", compilers.gcc),
                    pool.submit(check, "clang", "c", compilers.clang),
                    pool.submit(floats)]
            return 0 if all([job.result() for job in jobs]) else 1


if __name__ == "__main__":
    sys.exit(main())
