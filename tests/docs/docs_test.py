#!/usr/bin/env python3
"""Every example of README.md and docs/ against the program: docs_test.py PROGRAM REPOSITORY.

```rvm        a whole program: `rosettavm test -` takes it, and its check lines pass
```rvm-error  a program that is wrong: exit status 3
```console    `$ COMMAND` (going on in lines that begin with `>`) is run by sh in a folder of the page's
              own that has everything of the repository's root in it, `rosettavm` being PROGRAM; the
              lines below are all that it prints, standard error included. `...` stands for anything
              within a line, and alone for any lines. A page has a store of its own, empty at first
Any other block is only shown. Links to files have to lead to one, and docs/isa.md has to be what
tools/isa_page writes.

With --write behind the two, a console block that fails gets the output that there is."""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TIMEOUT = 120  # seconds, for one command under sanitizers
BLOCK = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Docs:
    def __init__(self, program, repository, write):
        self.repository = repository
        self.write = write
        self.examples = 0
        self.failures = 0
        self.home = tempfile.TemporaryDirectory()
        self.folder = repository
        (pathlib.Path(self.home.name) / "rosettavm").symlink_to(program)
        path = self.home.name + os.pathsep + os.environ.get("PATH", "")
        self.environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}

    def run(self, command, text=""):
        """The exit status and all output of a shell command."""
        try:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env=self.environment,
                input=text.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return None, f"(still running after {TIMEOUT} s)\n"
        return done.returncode, done.stdout.decode(errors="replace")

    def fail(self, place, message):
        self.failures += 1
        print(f"{place}: {message.rstrip()}\n")

    def page(self, path):
        self.folder = pathlib.Path(self.home.name) / path.stem
        self.folder.mkdir()
        for entry in self.repository.iterdir():
            (self.folder / entry.name).symlink_to(entry)
        self.environment["ROSETTAVM_STORE"] = self.home.name + f"/{path.stem}.db"
        text = path.read_text()
        name = path.relative_to(self.repository)
        written = ""
        done = 0
        for block in BLOCK.finditer(text):
            place = f"{name}:{text.count(chr(10), 0, block.start()) + 1}"
            kind, body = block.groups()
            written += text[done : block.start(2)]
            done = block.end(2)
            if kind in ("rvm", "rvm-error"):
                self.program(place, body, 0 if kind == "rvm" else 3)
            elif kind == "console":
                body = self.console(place, body)
            written += body
        written += text[done:]
        if self.write and written != text:
            path.write_text(written)
        self.links(name, path, BLOCK.sub(lambda m: "\n" * m.group().count("\n"), text))

    def program(self, place, text, wanted):
        self.examples += 1
        status, output = self.run("rosettavm test --fresh -", text)
        if status != wanted:
            self.fail(place, f"exit status {status} where {wanted} is wanted:\n{output}")

    def console(self, place, body):
        """Checks each command of a block; gives the block as it really goes."""
        lines = body.splitlines()
        if not lines or not lines[0].startswith("$ "):
            self.fail(place, "a console block begins with `$ `")
            return body
        real = []
        while lines:
            shown = [lines.pop(0)]
            while lines and (lines[0] == ">" or lines[0].startswith("> ")):
                shown.append(lines.pop(0))
            command = "\n".join(line[2:] for line in shown)
            wanted = []
            while lines and not lines[0].startswith("$ "):
                wanted.append(lines.pop(0))
            self.examples += 1
            got = self.run(command)[1].splitlines()
            if not matches(wanted, got):
                diff = difflib.unified_diff(wanted, got, "documented", "printed", lineterm="")
                self.fail(place, "\n".join([*shown, *diff]))
                wanted = got
            real += shown + wanted
        return "\n".join(real) + "\n"

    def links(self, name, path, text):
        for number, line in enumerate(text.splitlines(), 1):
            for target in LINK.findall(line):
                file = target.split("#")[0]
                if file and "://" not in target and not (path.parent / file).exists():
                    self.fail(f"{name}:{number}", f"the link leads nowhere: {target}")


def matches(wanted, got):
    """Whether the lines are the wanted ones, `...` in those standing for anything."""
    pattern = ""
    for line in wanted:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def main():
    arguments = sys.argv[1:]
    write = arguments[2:] == ["--write"]
    if len(arguments) < 2 or arguments[2:] not in ([], ["--write"]):
        print(__doc__)
        return 2
    program, repository = (pathlib.Path(argument).resolve() for argument in arguments[:2])
    docs = Docs(program, repository, write)
    pages = [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    for page in pages:
        docs.page(page)
    status, output = docs.run(f"{sys.executable} tools/isa_page --check")
    if status != 0:
        docs.fail("docs/isa.md", output)
    print(f"docs_test: {len(pages)} pages, {docs.examples} examples, {docs.failures} failures")
    return 1 if docs.failures else 0


sys.exit(main())
