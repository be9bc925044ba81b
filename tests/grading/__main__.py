# SPDX-License-Identifier: MIT
"""The command line of tests/grade.sh."""

import argparse
import os
import random
import signal
import sys

from . import extra, report
from .classroom import Classroom, Grades
from .examiner import load

DESCRIPTION = """\
Grades the programs of the six problems from outside, by what problemN/ASSIGNMENT.md asks for: 100 core points
a problem, in proportion to the cases that pass.

    tests/grade.sh                                  this suite
    tests/grade.sh ~/alice/build --problem 3        alice's problem 3, in ~/alice/build/problem3/
    tests/grade.sh --class submissions --problem 3 --csv grades.csv --reports reports

A submission is a build (DIR/problemN/PROGRAM), or sources with a CMakeLists.txt or a Makefile, of which a copy is
built. Its programs run in a network and, if the grader is root, as a user of their own, at most a minute a problem;
nothing of them is left running."""

ENVIRONMENT = """\
environment:
  BUILD_DIR             where this suite is built (build)
  TEST_LIMIT            seconds that each test of --extra may take (120)
  TMPDIR                where submissions are run, in folders that are removed (/tmp)

Exits 0 if all points were reached, 1 if not, 2 for a bad command line."""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/grade.sh", description=DESCRIPTION, epilog=ENVIRONMENT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("submission", nargs="?", metavar="DIR", help="the submission; this suite if there is none")
    add("--problem", type=int, action="append", choices=range(1, 7), metavar="N", help="only this one; may be repeated")
    add("--only", action="append", default=[], metavar="N.M", help="only this criterion; may be repeated")
    add("--class", dest="class_folder", metavar="DIR", help="grade all folders in DIR: a submission each")
    add("--csv", metavar="FILE", help="a line a student, a column a criterion")
    add("--reports", metavar="DIR", help="a report a student, DIR/STUDENT.txt")
    add("--junit", metavar="FILE", help="the outcome as JUnit XML")
    add("--gradescope", metavar="FILE", help="the outcome as results.json of a Gradescope autograder")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="so many at a time (one a processor)")
    add("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6), metavar="N",
        help="of the random operands and files: the same ones for everybody")
    add("--extra", action="store_true", help="also the extra points, for this suite's own contract (tests/rubric.tsv)")
    add("--list", action="store_true", help="only show the criteria; builds nothing")
    add("--verbose", action="store_true", help="with --extra, also what the failed tests said")
    add("--no-build", action="store_true", help="take this suite and its tests as they were built last")
    options = parser.parse_args(arguments)
    check(parser, options)
    return options


def check(parser, options):
    """What argparse cannot know."""
    for folder in (options.submission, options.class_folder):
        if folder is not None and not os.path.isdir(folder):
            parser.error(f"{folder} is not a directory")
    if options.submission and options.class_folder:
        parser.error("either a submission or --class")
    if options.class_folder and options.extra:
        parser.error("--extra is for one submission at a time")
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    keys = {criterion.key for number in range(1, 7) for criterion in load(number).criteria}
    for key in options.only:
        if key not in keys:
            parser.error(f"there is no criterion {key}; --list shows all")
    if not options.problem:
        options.problem = sorted({int(key[0]) for key in options.only}) or list(range(1, 7))


def show_list(options, problems, build_dir):
    """The rubrics; with --extra also the tests that decide, if they are built. False if one is missing."""
    complete = True
    for problem in problems:
        for criterion in problem.criteria:
            if not options.only or criterion.key in options.only:
                print(report.LINE.format(criterion.key, criterion.points, criterion.title))
    if options.extra:
        grader = extra.Extra(build_dir)
        for row in extra.rubric(options.problem):
            print(report.LINE.format(f"extra {row['problem']}", row["points"], row["title"]))
            tests = grader.tests_of(row)
            complete = complete and not isinstance(tests, str)
            for line in [tests] if isinstance(tests, str) else [name for _, name in tests]:
                print(" " * 19 + line)
    return complete


def submissions_of(options, build_dir):
    if options.class_folder:
        folder = os.path.abspath(options.class_folder)
        names = sorted(name for name in os.listdir(folder)
                       if os.path.isdir(os.path.join(folder, name)) and name[0] != ".")
        return [Grades(name, os.path.join(folder, name), os.path.join(options.class_folder, name)) for name in names]
    root = os.path.abspath(options.submission or build_dir)
    return [Grades(os.path.basename(root), root, options.submission or os.path.relpath(build_dir))]


def grade_extra(options, grades, build_dir, clean_up):
    """Tells each criterion as it is done. True if all points were earned."""
    grader = extra.Extra(build_dir, options.verbose, float(os.environ.get("TEST_LIMIT", "120")), clean_up)
    earned = points = 0
    print("\nextra points")
    for row in extra.rubric(options.problem):
        outcome = grader.grade(grades.root, row)
        outcome.key = f"extra {row['problem']}"
        earned, points = earned + outcome.earned, points + outcome.points
        print("\n".join(report.criterion_lines(outcome)), flush=True)
    print(report.LINE.format("extra", f"{earned}/{points}", "total"))
    return earned == points


def write_reports(options, everybody):
    if options.csv:
        report.write_csv(options.csv, everybody)
    if options.junit:
        report.write_junit(options.junit, everybody)
    if options.gradescope:
        report.write_gradescope(options.gradescope, everybody)
    if options.reports:
        os.makedirs(options.reports, exist_ok=True)
        for grades in everybody:
            with open(os.path.join(options.reports, f"{grades.name}.txt"), "w", encoding="utf-8") as file:
                file.write(report.text(grades))


def main():
    options = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    build_dir = os.path.abspath(os.environ.get("BUILD_DIR") or os.path.join(os.path.dirname(extra.TESTS), "build"))
    problems = [load(number) for number in sorted(set(options.problem))]
    if options.list:
        return 0 if show_list(options, problems, build_dir) else 1
    own = options.submission is None and options.class_folder is None
    target = "all" if options.extra else "programs" if own else None
    if target and not options.no_build and not extra.build(build_dir, target):
        print("tests/grade.sh: this suite could not be built", file=sys.stderr)
        return 1

    everybody = submissions_of(options, build_dir)
    if not everybody:
        print(f"tests/grade.sh: there is no folder in {options.class_folder}", file=sys.stderr)
        return 2
    classroom = Classroom(problems, options.only, options.seed, options.jobs)
    done = []

    def progress(grades):
        done.append(grades)
        if options.class_folder:
            points = f"{grades.earned()}/{grades.points()}"
            print(f"{len(done)} of {len(everybody)}: {grades.name} {points}", file=sys.stderr)
    try:
        classroom.grade(everybody, progress)
        print(report.table(everybody) if options.class_folder else report.text(everybody[0]), end="", flush=True)
        write_reports(options, everybody)
        complete = all(grades.earned() == grades.points() for grades in everybody)
        if options.extra:
            complete = grade_extra(options, everybody[0], build_dir, classroom.kill_orphans) and complete
    except KeyboardInterrupt:
        classroom.stop()
        return 130
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
