# SPDX-License-Identifier: MIT
"""The extra points: this suite's own contract, which no assignment asks for. tests/rubric.tsv says which of the
suite's tests decide about a criterion; they run against the programs of the submission."""

import os
import re
import subprocess
import tempfile
import time

from .rubric import Outcome
from .submission import is_program

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUBRIC = os.path.join(TESTS, "rubric.tsv")


def rubric(numbers):
    """Its rows: {problem, points, programs, title, filter}."""
    rows = []
    with open(RUBRIC, encoding="utf-8") as file:
        for line in file:
            fields = re.split(r"\t+", line.rstrip("\n"))
            if len(fields) == 5 and fields[0].isdigit() and int(fields[0]) in numbers:
                rows.append({"problem": int(fields[0]), "points": int(fields[1]), "programs": fields[2].split(),
                             "title": fields[3], "filter": fields[4]})
    return rows


def build(build_dir, target):
    """Installs what is missing, and builds a target of the suite."""
    tools = "install_test_tools" if target == "all" else "install_build_tools"
    script = f'. "$1" && {tools} >&2 && build "$2" {target} >/dev/null'
    return subprocess.run(["bash", "-c", script, "grade.sh", os.path.join(TESTS, "support", "setup.sh"), build_dir],
                          check=False).returncode == 0


class Extra:
    """Grades one submission by the suite's tests as they are built in `build_dir`."""

    def __init__(self, build_dir, verbose=False, limit=0.0, clean_up=lambda: None):
        """clean_up() ends what a test has left running."""
        self.build_dir, self.verbose, self.limit, self.clean_up = build_dir, verbose, limit, clean_up

    def tests_of(self, row):
        """[(program, name)] of a row; a string that says which part of the filter names no test."""
        found = []
        for part in row["filter"].split(":"):
            names = self._list(row["problem"], part)
            if not names:
                return f"no such test: {part}"
            found += names
        return found

    def _list(self, number, part):
        folder = os.path.join(self.build_dir, "tests", f"problem{number}")
        names = []
        for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            program = os.path.join(folder, entry)
            if "pair_test" not in entry or not is_program(program):
                continue
            listed = subprocess.run([program, "--gtest_list_tests", f"--gtest_filter={part}"], capture_output=True,
                                    text=True, check=False).stdout
            suite = ""
            for line in listed.splitlines():
                if line[:1] != " ":
                    suite = line.split()[0] if line else ""
                else:
                    names.append((program, suite + line.split()[0]))
        return names

    def grade(self, root, row):
        """A criterion: all of its points, or none."""
        outcome = Outcome("extra", row["points"], row["title"], cases=1)
        start = time.monotonic()
        missing = [name for name in row["programs"]
                   if not is_program(os.path.join(root, f"problem{row['problem']}", name))]
        tests = self.tests_of(row)
        if isinstance(tests, str):
            outcome.failures.append(tests)
        elif missing:
            outcome.state = "not attempted"
            outcome.failures.append(f"not attempted: there is no {' and no '.join(missing)}")
        else:
            for program, name in tests:
                outcome.failures += self._run(root, program, name)
        outcome.passed = int(not outcome.failures)
        outcome.seconds = time.monotonic() - start
        return outcome

    def _run(self, root, program, name):
        """What is to be said of a test: nothing if it passed. In a folder and a process of its own."""
        with tempfile.TemporaryDirectory(prefix="grading.") as folder:
            process = subprocess.Popen([program, f"--gtest_filter={name}"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
                                       env={**os.environ, "SUITE_BIN_DIR": root, "TMPDIR": folder})
            try:
                log = process.communicate(timeout=self.limit)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                process.kill()
                return [f"hangs: {name}", *self._said(process.communicate()[0].decode("utf-8", "replace"))]
            finally:
                process.kill()
                process.wait()
                self.clean_up()
        if process.returncode == 0:
            return [] if re.search(r"^\[  PASSED  \] 1 test", log, re.MULTILINE) else [f"cannot run here: {name}"]
        return [f"{'failed' if process.returncode == 1 else 'crashed'}: {name}", *self._said(log)]

    def _said(self, log):
        """What it printed between its own first and last line, if that is asked for."""
        if not self.verbose:
            return []
        inner = re.split(r"^\[ RUN.*\n|^\[  (?:FAILED|SKIPPED).*\n?", log, maxsplit=2, flags=re.MULTILINE)
        return ["    " + line for line in (inner[1] if len(inner) > 1 else log)[:8000].splitlines() if line]
