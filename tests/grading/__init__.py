# SPDX-License-Identifier: MIT
"""Grades the programs of the six problems from outside. `tests/grade.sh` runs it.

    __main__    the command line
    classroom   many submissions: finds them, builds them, grades several at a time
    examiner    one submission in one problem, in a process of its own
    lab         what a check works with: programs, servers, folders, ports
    supervisor  runs what nobody trusts, watches it, and leaves nothing of it behind
    proxy       stands between a client and its server, and writes down what passes
    problem1..6 what is asked for in each problem, and how it is found out
    rubric      criteria, cases, failures, points
    report      the text, CSV, JUnit and Gradescope
    extra       the suite's own contract: tests/rubric.tsv with GoogleTest
"""
