# SPDX-License-Identifier: MIT
"""Writes the zip of a Gradescope autograder: `tests/make_autograder.sh`."""

import os
import shlex
import subprocess
import sys
import zipfile

from .processes import python

SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder is uploaded.
set -euo pipefail
cd /autograder/source/suite
. tests/support/setup.sh
install_python
install_build_tools
{build}"""

BUILD_TESTS = """\
# The extra points need this suite's tests.
install_test_tools
build "$PWD/build" all
"""

RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission; it is built, if it has sources, and graded.
cd /autograder/source/suite
results=/autograder/results/results.json
bash tests/grade.sh /autograder/submission --no-build --gradescope "$results" {options} || [ $? -eq 1 ]
"""


def files_of(repository):
    """Relative paths of all that belongs to the suite: no builds, nothing of git's own."""
    listed = subprocess.run(["git", "-C", repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return sorted(filter(None, listed.stdout.split("\0")))
    found = []
    for folder, folders, names in os.walk(repository):
        folders[:] = [name for name in folders if not name.startswith(("build", "."))]
        found += [os.path.relpath(os.path.join(folder, name), repository) for name in names]
    return sorted(found)


def add_text(archive, name, text):
    """A program, to be executed."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


def main():
    repository, target, *options = sys.argv[1:]
    checked = subprocess.run(python("__main__", "--list", *options), stdout=subprocess.DEVNULL, check=False)
    if checked.returncode == 2:  # it has said why
        return 2
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        add_text(archive, "setup.sh", SETUP.format(build=BUILD_TESTS if "--extra" in options else ""))
        add_text(archive, "run_autograder", RUN.format(options=shlex.join(options)))
        for name in files_of(repository):
            path = os.path.join(repository, name)
            if os.path.isfile(path):
                archive.write(path, os.path.join("suite", name))
    print(f"wrote {target}: {os.path.getsize(target) // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
