# SPDX-License-Identifier: MIT
"""What was earned, for people and for machines."""

import csv
import json
from xml.sax.saxutils import escape, quoteattr

LINE = "{:<9} {:>7}  {}"


def printable(text):
    """Fit for a terminal, for JSON and for XML, whatever a program has printed."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def criterion_lines(outcome):
    """A criterion: its points, and what went wrong."""
    lines = [LINE.format(outcome.key, f"{outcome.earned}/{outcome.points}", outcome.title)]
    return lines + [" " * 19 + printable(failure) for failure in outcome.failures]


def text(grades):
    """All about one submission."""
    lines = []
    if grades.remark:
        lines += [printable(grades.remark), ""]
    lines.append(LINE.format("criterion", "points", ""))
    for outcomes in grades.outcomes.values():
        for outcome in outcomes:
            lines += criterion_lines(outcome)
    return "\n".join(line.rstrip() for line in lines + [""] + totals(grades)) + "\n"


def totals(grades):
    lines = [LINE.format(f"problem {number}", f"{grades.earned(number)}/{grades.points(number)}",
                         state_of(outcomes)) for number, outcomes in grades.outcomes.items()]
    if len(grades.outcomes) > 1:
        lines.append(LINE.format("all", f"{grades.earned()}/{grades.points()}", "total"))
    return lines


def state_of(outcomes):
    return "not attempted" if all(outcome.state == "not attempted" for outcome in outcomes) else "total"


def table(everybody):
    """A line a student."""
    numbers = list(everybody[0].outcomes)
    width = max(len("student"), *(len(grades.name) for grades in everybody))
    lines = ["  ".join([f"{'student':<{width}}", *(f"problem {number}" for number in numbers), "  total"])]
    for grades in everybody:
        cells = ["-" if state_of(grades.outcomes[number]) == "not attempted" else str(grades.earned(number))
                 for number in numbers]
        remark = "  " + grades.remark.splitlines()[0] if grades.remark else ""
        lines.append(f"{grades.name:<{width}}  " + "  ".join(f"{cell:>9}" for cell in cells) +
                     f"  {grades.earned():>7}{remark}")
    return "\n".join(lines) + "\n"


def write_csv(path, everybody):
    """A line a student, a column a criterion; empty where nothing was handed in."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        first = everybody[0]
        keys = [outcome.key for outcomes in first.outcomes.values() for outcome in outcomes]
        numbers = list(first.outcomes)
        writer.writerow(["student", *keys, *(f"problem {number}" for number in numbers), "total", "remark"])
        for grades in everybody:
            cells = ["" if outcome.state == "not attempted" else outcome.earned
                     for outcomes in grades.outcomes.values() for outcome in outcomes]
            remark = grades.remark.splitlines()[0] if grades.remark else ""
            writer.writerow([grades.name, *cells, *(grades.earned(number) for number in numbers), grades.earned(),
                             printable(remark)])


def entries(everybody):
    """(student, problem, outcome) of all."""
    return [(grades, number, outcome) for grades in everybody for number, outcomes in grades.outcomes.items()
            for outcome in outcomes]


def write_gradescope(path, everybody):
    """results.json of a Gradescope autograder: a test a criterion."""
    tests = [{"name": f"Problem {number}, {outcome.key}: {outcome.title}", "score": outcome.earned,
              "max_score": outcome.points, "output": printable("\n".join(outcome.failures)), "visibility": "visible"}
             for _, number, outcome in entries(everybody)]
    remarks = "\n".join(printable(grades.remark) for grades in everybody if grades.remark)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"output": remarks, "tests": tests}, file, indent=1, ensure_ascii=False)
        file.write("\n")


def write_junit(path, everybody):
    """JUnit's XML: a test case a criterion, failed unless it earned all its points."""
    rows = entries(everybody)
    failures = sum(outcome.earned < outcome.points for _, _, outcome in rows)
    with open(path, "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
        file.write(f'<testsuite name="rubric" tests="{len(rows)}" failures="{failures}">\n')
        for grades, number, outcome in rows:
            prefix = f"{grades.name}." if len(everybody) > 1 else ""
            file.write(f"  <testcase classname={quoteattr(f'{prefix}problem{number}')} "
                       f"name={quoteattr(f'{outcome.key} {outcome.title}')} time=\"{outcome.seconds:.2f}\">")
            if outcome.earned < outcome.points:
                file.write(f'<failure message="{outcome.earned} of {outcome.points} points">'
                           f"{escape(printable(chr(10).join(outcome.failures)))}</failure>")
            file.write("</testcase>\n")
        file.write("</testsuite>\n</testsuites>\n")
