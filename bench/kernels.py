#!/usr/bin/env python3
"""Kernels in RosettaVM, Lua, LuaJIT and Node against native code, whole processes.

    bench/kernels.py [KERNEL...] [--rounds N] [--engines LIST] [--quick]
                     [--json] [--svg FILE] [--program PATH]

Builds the C programs of bench/kernels with clang-19 -O2 -march=native -ffp-contract=off and runs,
round by round and kernel by kernel, the native program and each engine in turn: `rosettavm run
--engine jit`, auto and interp, and `lua5.4`, `luajit`, `luajit -joff` and `node` where installed.
Compiled code is in its cache, but for `jit cold` and `auto cold`, which run with --no-cache. All
have to print the same text, else the exit status is 1. The table has the median of each engine's times and of its ratios to native in the same round,
and the nanoseconds that native code takes for a step: a kernel that the compiler had hoisted, or
closed into a formula, would show there.

    --rounds N      rounds (5)
    --engines LIST  only these, by comma: jit,auto,interp,jit cold,auto cold,lua5.4,luajit,
                    luajit -joff,node (all but the two cold ones)
    --quick         small sizes and one round: do all print the same?
    --json          the same as one JSON object
    --svg FILE      a picture of the ratios, too
    --program PATH  the rosettavm to measure (build/release/bin/rosettavm)"""

import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
KERNELS_FOLDER = TOP / "bench/kernels"
NATIVE = ["clang-19", "-O2", "-march=native", "-ffp-contract=off"]
OURS = ["jit", "auto", "interp", "jit cold", "auto cold"]
ENGINES = ["jit", "auto", "interp", "lua5.4", "luajit", "luajit -joff", "node"]


def fib_calls(n):
    a, b = 0, 1
    for _ in range(n + 1):
        a, b = b, a + b
    return 2 * a - 1


def ackermann_calls(m, n, rounds):
    """Of (3, n) and (3, n - 1) in turn."""
    assert m == 3
    one, other = ((128 * 4**k - 120 * 2**k + 9 * k + 37) // 3 for k in (n, n - 1))
    return (rounds + 1) // 2 * one + rounds // 2 * other


def queens_calls(n, rounds):
    """Of boards of n and n - 1 in turn."""
    def calls(full, taken=0, left=0, right=0):
        count, free = 1, full & ~(taken | left | right)
        while free:
            bit = free & -free
            free ^= bit
            count += calls(full, taken | bit, (left | bit) << 1, (right | bit) >> 1)
        return count
    return (rounds + 1) // 2 * calls((1 << n) - 1) + rounds // 2 * calls((1 << n - 1) - 1)


# The sizes, those of --quick, what a step is, and how many there are: from the sizes, or, where the
# kernel counts them itself, from what it printed. (factorial(k) is k calls, here 6.5 on average.)
KERNELS = {
    "fib": ([35], [15], "call", lambda out, n: fib_calls(n)),
    "factorial": ([10_000_000], [1000], "call", lambda out, n: 6.5 * n),
    "ackermann": ([3, 8, 25], [3, 4, 3], "call", lambda out, *sizes: ackermann_calls(*sizes)),
    "collatz": ([300_000], [1000], "step", lambda out, limit: int(out)),
    "queens": ([10, 400], [6, 3], "call", lambda out, *sizes: queens_calls(*sizes)),
    "gcd": ([2000], [50], "gcd", lambda out, n: n * n),
    "xorshift": ([42, 100_000_000], [42, 1000], "step", lambda out, seed, n: n),
    "primes": ([2_000_000], [1000], "number", lambda out, limit: limit),
    "mandelbrot": ([1000, 1000, 200], [20, 10, 50], "round", lambda out, *sizes: int(out)),
    "nbody": ([2_000_000], [1000], "step", lambda out, n: n),
    "integrate": ([30_000_000], [1000], "strip", lambda out, n: n),
    "montecarlo": ([42, 10_000_000], [42, 1000], "point", lambda out, seed, n: n),
    "hash32": ([42, 50_000_000], [42, 1000], "block", lambda out, seed, n: n),
    "polynomial32": ([1000, 20_000_000], [1000, 1000], "value", lambda out, steps, n: n),
}


def build(names, folder):
    for name in names:
        source = str(KERNELS_FOLDER / f"{name}.c")
        subprocess.run([*NATIVE, source, "-o", os.path.join(folder, name), "-lm"], check=True)


def command(engine, name, folder, program):
    """The command line that runs a kernel, but for its sizes."""
    path = str(KERNELS_FOLDER / name)
    if engine == "native":
        return [os.path.join(folder, name)]
    if engine in OURS:
        choice, _, cold = engine.partition(" ")
        return [program, "run", "--engine", choice, *(["--no-cache"] if cold else []),
                f"{path}.rvm"]
    if engine == "node":
        return ["node", f"{path}.js"]
    # LuaJIT lacks the integers and operators of later Luas: it has its own text where they matter.
    own = f"{path}.luajit.lua"
    return [*engine.split(), own if engine != "lua5.4" and os.path.exists(own) else f"{path}.lua"]


def run(words):
    begin = time.perf_counter()
    done = subprocess.run(words, stdout=subprocess.PIPE)
    elapsed = time.perf_counter() - begin
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}")
    return elapsed * 1e3, done.stdout.decode()


def progress(words):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", flush=True, file=sys.stderr)


def measure(names, engines, rounds, quick, program):
    times = {name: {engine: [] for engine in ["native", *engines]} for name in names}
    outputs = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROSETTAVM_STORE"] = os.path.join(folder, "store.db")
        os.environ["XDG_CACHE_HOME"] = folder
        build(names, folder)
        for name in names:
            if any(engine in OURS for engine in engines):
                run([*command("jit", name, folder, program),
                     *(str(size) for size in KERNELS[name][1])])
        for number in range(rounds):
            for name in names:
                progress(f"round {number + 1} of {rounds}: {name}")
                sizes = [str(size) for size in KERNELS[name][1 if quick else 0]]
                for engine, values in times[name].items():
                    elapsed, output = run([*command(engine, name, folder, program), *sizes])
                    values.append(elapsed)
                    if output != outputs.setdefault(name, output):
                        sys.exit(f"{name} {' '.join(sizes)}: native printed "
                                 f"{outputs[name].strip()!r}, but {engine} {output.strip()!r}")
    progress("")

    rows = []
    for name in names:
        sizes, step = KERNELS[name][1 if quick else 0], KERNELS[name][2]
        native = times[name].pop("native")
        steps = round(KERNELS[name][3](outputs[name], *sizes))
        rows.append({
            "kernel": name, "sizes": sizes, "result": outputs[name].strip(),
            "steps": steps, "step": step,
            "native_ms": statistics.median(native),
            "native_ns_a_step": statistics.median(native) * 1e6 / steps,
            "engines": {
                engine: {"ms": statistics.median(values),
                         "ratio": statistics.median(a / b for a, b in zip(values, native))}
                for engine, values in times[name].items()}})
    return rows


def version(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode().split("\n")[0].split(" -- ")[0].split(" Copyright")[0].strip()


def machine(engines, program):
    facts = {"processor": "unknown", "cores": os.cpu_count()}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["processor"] = line.split(":")[1].strip()
            break
    facts["clang"] = version(NATIVE[0], "--version")
    for engine, words in (("rosettavm", [program, "--version"]), ("lua5.4", ["lua5.4", "-v"]),
                          ("luajit", ["luajit", "-v"]), ("node", ["node", "--version"])):
        if any(one in OURS if engine == "rosettavm" else one.split()[0] == engine
               for one in engines):
            facts[engine] = version(*words).replace("v", "node ", engine == "node")
    return facts


def table(report):
    engines = report["engines"]
    print(f"{'kernel':13}{'sizes':>14} {'native':>9}  {'a step natively':18}"
          + "".join(f"{engine:>17}" for engine in engines))
    for row in report["kernels"]:
        step = f"{row['native_ns_a_step']:6.2f} ns a {row['step']}"
        sizes = " ".join(short(size) for size in row["sizes"])
        print(f"{row['kernel']:13}{sizes:>14} {row['native_ms']:6.0f} ms  {step:18}"
              + "".join(f"{one['ms']:7.0f} ms{one['ratio']:7.2f}"
                        for one in row["engines"].values()))
    print(f"{'geometric mean of the ratios':57}"
          + "".join(f"{report['geometric_mean'][engine]:17.2f}" for engine in engines))
    facts = report["machine"]
    versions = [facts[key] for key in facts if key not in ("processor", "cores")]
    print(f"\n{facts['processor']}, {facts['cores']} cores; {'; '.join(versions)}")
    rounds = "one round" if report["rounds"] == 1 else f"medians of {report['rounds']} rounds"
    print(f"native: {report['native']}; whole processes, {rounds}")


def short(size):
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if size >= 10 * unit and size % unit == 0 or size == unit:
            return f"{size // unit}{letter}"
    return str(size)


# A colour on white and one on black for each engine.
COLORS = {"jit": ("#7c2d12", "#fdba74"), "jit cold": ("#7c2d12", "#fdba74"),
          "auto": ("#c2410c", "#fb8c4a"), "auto cold": ("#c2410c", "#fb8c4a"),
          "interp": ("#e9a178", "#9a5a34"), "lua5.4": ("#64748b", "#8b9bb4"),
          "luajit": ("#1d4ed8", "#5b8cff"), "luajit -joff": ("#86a8f0", "#3f5fa8"),
          "node": ("#15803d", "#4cb571")}
WIDTH, LEFT, RIGHT, TOP_MARGIN, BAR, GAP = 840, 136, 52, 78, 10, 12


def picture(report):
    """Bars from the line of native code, ratio 1, on a logarithmic axis."""
    engines = report["engines"]
    groups = [(row["kernel"], {e: row["engines"][e]["ratio"] for e in engines})
              for row in report["kernels"]] + [("geometric mean", report["geometric_mean"])]
    ratios = [ratio for _, values in groups for ratio in values.values()]
    low = min(0.5, min(ratios) / 1.3)
    high = max(10.0, max(ratios) * 1.3)
    group_height = BAR * len(engines) + GAP
    bottom = TOP_MARGIN + group_height * len(groups) + GAP
    height = bottom + 40

    def x(ratio):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(ratio / low) / math.log(high / low)

    def text(at_x, at_y, words, kind="", anchor="start"):
        return (f'<text x="{at_x:.1f}" y="{at_y:.1f}" class="{kind}" text-anchor="{anchor}">'
                f"{words}</text>")

    def style(dark):
        paper, ink, soft, grid = (("#ffffff", "#1f2328", "#59636e", "#d8dee4"),
                                  ("#0d1117", "#e6edf3", "#9198a1", "#2a313a"))[dark]
        return (f".paper{{fill:{paper}}} text{{fill:{ink}}} text.soft{{fill:{soft}}} "
                f".grid{{stroke:{grid}}} .one{{stroke:{ink}}} "
                + " ".join(f".e{i}{{fill:{COLORS[e][dark]}}}" for i, e in enumerate(engines)))

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Time of each kernel as a multiple of native code's</title>",
        "<style>",
        "text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif} "
        "text.head{font-size:15px;font-weight:600} text.mean{font-weight:600} "
        "text.value{font-size:9px} .grid,.one{stroke-width:1;shape-rendering:crispEdges}",
        style(0), f"@media (prefers-color-scheme:dark){{{style(1)}}}", "</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        text(16, 26, "Whole processes: time as a multiple of native code’s (clang -O2)", "head"),
    ]
    at = LEFT
    for i, engine in enumerate(engines):
        out.append(f'<rect class="e{i}" x="{at}" y="42" width="11" height="11"/>')
        out.append(text(at + 16, 52, engine))
        at += 44 + 7 * len(engine)
    out.append(text(WIDTH - 16, 52, "shorter is faster; logarithmic", "soft", "end"))

    for power in range(-3, 5):
        for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power):
            if low <= tick <= high:
                kind = "one" if tick == 1 else "grid"
                out.append(f'<line class="{kind}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" '
                           f'y1="{TOP_MARGIN - 8}" y2="{bottom}"/>')
                out.append(text(x(tick), bottom + 16, "native" if tick == 1 else f"{tick:g}",
                                "" if tick == 1 else "soft", "middle"))
    for number, (name, values) in enumerate(groups):
        y = TOP_MARGIN + number * group_height
        if number == len(groups) - 1:
            y += GAP
            out.append(f'<line class="grid" x1="16" x2="{WIDTH - 16}" y1="{y - GAP}" '
                       f'y2="{y - GAP}"/>')
        kind = "mean" if number == len(groups) - 1 else ""
        out.append(text(LEFT - 10, y + BAR * len(engines) / 2 + 4, name, kind, "end"))
        for i, engine in enumerate(engines):
            begin, end = sorted((x(1), x(values[engine])))
            top = y + BAR * i
            out.append(f'<rect class="e{i}" x="{begin:.1f}" y="{top}" '
                       f'width="{max(end - begin, 1):.1f}" height="{BAR - 1}"/>')
            out.append(text(end + 4, top + BAR - 2, f"{values[engine]:.3g}", "soft value"))
    return "\n".join([*out, "</svg>"]) + "\n"


def main():
    summary, _, rest = __doc__.partition("\n\n")
    arguments = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kernels", nargs="*", metavar="KERNEL")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--engines")
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--svg", metavar="FILE")
    arguments.add_argument("--program", default=str(TOP / "build/release/bin/rosettavm"))
    given = arguments.parse_args()
    for name in given.kernels:
        if name not in KERNELS:
            arguments.error(f"no kernel {name}; there are {' '.join(KERNELS)}")
    wanted = given.engines.split(",") if given.engines else ENGINES
    for engine in wanted:
        if engine not in ENGINES + OURS:
            arguments.error(f"no engine {engine}; there are {','.join(dict.fromkeys(OURS + ENGINES))}")
    if given.rounds < 1:
        arguments.error("at least one round")
    engines = [engine for engine in wanted
               if engine in OURS or shutil.which(engine.split()[0])]
    names = given.kernels or list(KERNELS)
    rounds = 1 if given.quick else given.rounds

    rows = measure(names, engines, rounds, given.quick, given.program)
    means = {engine: statistics.geometric_mean(row["engines"][engine]["ratio"] for row in rows)
             for engine in engines}
    report = {"machine": machine(engines, given.program), "native": " ".join(NATIVE),
              "rounds": rounds, "engines": engines, "kernels": rows, "geometric_mean": means}
    if given.svg:
        pathlib.Path(given.svg).write_text(picture(report))
    if given.json:
        print(json.dumps(report, indent=1))
    else:
        table(report)


main()
