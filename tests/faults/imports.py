#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every import of every program (nm -D) is wrapped by the shim, or listed in harmless.tsv with the
reason why it cannot fail. So a program cannot begin to use a call that nobody makes fail."""

import pathlib
import re
import shutil
import subprocess
import sys

from lab import BIN, PRELOAD, PROGRAMS, SANITIZED


def symbols(path, which):
    lines = subprocess.run(["nm", "-D", which, str(path)], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in lines.splitlines() if line.strip()}


def harmless():
    table = (pathlib.Path(__file__).parent / "harmless.tsv").read_text()
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    for pattern, reason in rows:
        assert reason.strip(), f"no reason for {pattern}"
    return re.compile("|".join(f"(?:{pattern})" for pattern, _ in rows))


def main():
    if SANITIZED:
        print("skipped: a sanitizer brings imports of its own")
        return 77
    if not shutil.which("nm"):
        print("skipped: no nm (binutils)")
        return 77
    wrapped, known, unknown = symbols(PRELOAD, "--defined-only"), harmless(), {}
    for program in PROGRAMS:
        for name in symbols(BIN / program, "--undefined-only"):
            if name not in wrapped and not known.fullmatch(name):
                unknown.setdefault(name, []).append(program)
    for name, programs in sorted(unknown.items()):
        print(f"neither wrapped in preload.cpp nor in harmless.tsv: {name} ({', '.join(programs)})")
    print(f"{len(PROGRAMS)} programs, {len(wrapped)} calls wrapped")
    return bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
