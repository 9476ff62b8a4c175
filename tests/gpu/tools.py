"""What the scripts here have in common: compilers, and how they are called."""

import os
import shutil
import subprocess
import sys

SKIPPED = 77  # ctest's word for it


def skip(what):
    print("skipped: " + what)
    sys.exit(SKIPPED)


def find(*names):
    for name in names:
        found = shutil.which(name) or shutil.which(name, path="/usr/local/cuda/bin")
        if found:
            return found
    return None


def need(*names):
    return find(*names) or skip(f"there is no {names[0]}")


def run(words, **options):
    """Output and errors as text; what fails ends the test, unless `fails` says so."""
    fails = options.pop("fails", False)
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=600,
                          **options)
    done.stdout = done.stdout.decode()
    done.stderr = done.stderr.decode()
    if done.returncode != 0 and not fails:
        sys.exit(f"{' '.join(map(str, words))}: exit status {done.returncode}\n"
                 f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


class Compilers:
    """The ways that emitted text is compiled here, each without flags that change floats."""

    def __init__(self, repository):
        self.here = repository / "tests" / "gpu"

    def gcc(self, source, to):
        run([need("gcc"), "-O2", "-march=native", "-w", f"-I{self.here}", "-o", to, source, "-lm"])

    def clang(self, source, to):
        run([need("clang-19"), "-O2", "-march=native", "-w", f"-I{self.here}", "-o", to, source,
             "-lm"])

    def cuda_on_host(self, source, to, *flags):
        run([need("clang++-19"), "-x", "c++", "-std=c++20", "-O1", "-w", "-DRV_TEST_LANES=4",
             "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-include",
             self.here / "cuda_on_host.h", f"-I{self.here}", *flags, "-o", to, source, "-lm"])


def environment(folder):
    return {**os.environ, "ROSETTAVM_STORE": os.path.join(folder, "store.db"),
            "XDG_CACHE_HOME": os.path.join(folder, "cache")}
