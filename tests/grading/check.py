# SPDX-License-Identifier: MIT
"""Tests of the grader, by programs of which it is known what they should earn. ctest runs it:

    run.py grading.check solution SOLUTIONS FAULT PROBLEM [CRITERION=POINTS]...
    run.py grading.check class SOLUTIONS PROBLEM FAULT[,CRITERION=POINTS]...
    run.py grading.check suite BIN_DIR PROBLEM
    run.py grading.check documents REPOSITORY

A solution is the plain one with the programs of FAULT in place of its own; it must earn all points, but for the
criteria that are named. Nothing may be left running, nor any file.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from . import report
from .classroom import Classroom, Grades
from .examiner import load
from .processes import python

MAX_SECONDS = 60
MAX_SECONDS_FOR_A_CLASS = 300


def assemble(solutions, fault, number, folder):
    """A submission: the plain programs, and over them those with the mistake."""
    target = os.path.join(folder, f"problem{number}")
    for kind in ("none", fault):
        shutil.copytree(os.path.join(solutions, kind, f"problem{number}"), target, dirs_exist_ok=True)
    return folder


def expected_points(problem, losses):
    """{criterion: points}: all of them, but for `CRITERION=POINTS`."""
    points = {criterion.key: criterion.points for criterion in problem.criteria}
    for loss in losses:
        key, _, left = loss.partition("=")
        assert key in points, key
        points[key] = int(left)
    return points


def complain(wrong, shown=""):
    if wrong:
        print(shown)
        print("\n".join(wrong))
    return 1 if wrong else 0


def left_running(folder):
    """Programs that were started from below that folder and still run."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/exe").startswith(folder + "/"):
                found.append(f"left running: {name} {os.readlink(f'/proc/{name}/exe')}")
        except OSError:
            pass
    return found


def left_behind(work):
    """What the grader should have ended or removed."""
    return left_running(work) + [f"left behind: {name}" for name in os.listdir(work) if name.startswith("grading.")]


def grade(root, number):
    """Grades one problem of one submission, and the seconds that it took."""
    grades = Grades("submission", root, root)
    start = time.monotonic()
    Classroom([load(number)], [], 7, 1).grade([grades], lambda _: None)
    return grades, time.monotonic() - start


def check_points(grades, number, expected, seconds):
    wrong = [f"{outcome.key}: expected {expected[outcome.key]} points, it earned {outcome.earned}"
             for outcome in grades.outcomes[number] if outcome.earned != expected[outcome.key]]
    if seconds > MAX_SECONDS:
        wrong.append(f"it took {seconds:.1f} s")
    return wrong


def check_solution(work, solutions, fault, number, *losses):
    number = int(number)
    root = assemble(solutions, fault, number, os.path.join(work, "submission"))
    grades, seconds = grade(root, number)
    wrong = check_points(grades, number, expected_points(load(number), losses), seconds)
    return complain(wrong + left_behind(work), report.text(grades))


def check_suite(work, bin_dir, number):
    grades, seconds = grade(bin_dir, int(number))
    wrong = check_points(grades, int(number), expected_points(load(int(number)), ()), seconds)
    return complain(wrong + left_behind(work), report.text(grades))


def check_class(work, solutions, number, *students):
    """The command as an instructor gives it; the CSV has to be as expected."""
    number, folder, table = int(number), os.path.join(work, "class"), os.path.join(work, "grades.csv")
    expected = {}
    for student in students:
        fault, *losses = student.split(",")
        assemble(solutions, fault, number, os.path.join(folder, fault))
        expected[fault] = expected_points(load(number), losses)
    start = time.monotonic()
    reports = os.path.join(work, "reports")
    subprocess.run(python("__main__", "--class", folder, "--problem", str(number), "--csv", table, "--reports", reports,
                          "--jobs", "4"), check=False, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    wrong = [f"it took {seconds:.0f} s"] if seconds > MAX_SECONDS_FOR_A_CLASS else []
    with open(table, newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    for fault, points in expected.items():
        for key, value in points.items():
            if rows[fault][key] != str(value):
                wrong.append(f"{fault}, {key}: expected {value}, the table has {rows[fault][key]}")
        if rows[fault]["total"] != str(sum(points.values())):
            wrong.append(f"{fault}: the total is {rows[fault]['total']}")
        if not os.path.isfile(os.path.join(reports, f"{fault}.txt")):
            wrong.append(f"{fault}: no report")
    with open(table, encoding="utf-8") as file:
        return complain(wrong + left_behind(work), file.read())


def check_documents(_, repository):
    """What students are told is what they are graded by; a hundred points a problem."""
    wrong = []
    for number in range(1, 7):
        rubric = [(c.key, str(c.points), c.title) for c in load(number).criteria]
        if sum(int(points) for _, points, _ in rubric) != 100:
            wrong.append(f"problem {number}: the points do not add up to 100")
        with open(os.path.join(repository, f"problem{number}", "ASSIGNMENT.md"), encoding="utf-8") as file:
            told = re.findall(r"^\| (\d\.\d) \| +(\d+) \| (.*?) +\|$", file.read(), re.MULTILINE)
        if told != rubric:
            wrong.append(f"problem {number}: the table in ASSIGNMENT.md is not that of the grader: "
                         f"{sorted(set(told) ^ set(rubric))}")
    with open(os.path.join(repository, "README.md"), encoding="utf-8") as file:
        shown = re.findall(r"^(\d\.\d) +\d+/(\d+)  (.*)$", file.read(), re.MULTILINE)
    for key, points, title in shown:
        if (key, points, title) not in [(c.key, str(c.points), c.title) for c in load(int(key[0])).criteria]:
            wrong.append(f"README.md: {key} {title} is not the grader's")
    return complain(wrong + ([] if shown else ["README.md shows no criterion"]))


def main():
    checks = {"solution": check_solution, "class": check_class, "suite": check_suite, "documents": check_documents}
    with tempfile.TemporaryDirectory(prefix="check.") as work:
        os.chmod(work, 0o755)
        tempfile.tempdir = os.environ["TMPDIR"] = work
        return checks[sys.argv[1]](work, *sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
