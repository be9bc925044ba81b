# SPDX-License-Identifier: MIT
"""Grades the programs of the six problems from outside. `tests/grade.sh` runs it.

    __main__    the command line
    classroom   many submissions, graded several at a time
    submission  where the programs are; builds them, if they are sources
    examiner    one submission in one problem, in a process of its own
    lab         what a check works with: programs, servers, folders, ports
    supervisor  runs what nobody trusts, watches it, and leaves nothing of it behind
    program     one that runs: its screen and its keyboard are terminals
    processes   who comes from whom, and how to end them all
    isolation   a network and a user id of their own
    proxy       stands between a client and its server, and writes down what passes
    wire        plain clients of the grader's own, for the text protocols
    problem1..6 what is asked for in each problem, and how it is found out
    rubric      criteria, cases, failures, points
    report      the text, CSV, JUnit and Gradescope
    extra       the suite's own contract: tests/rubric.tsv with GoogleTest
    autograder  the zip for Gradescope
    check       tests of all this, by programs of which it is known what they should earn
    check_supervisor  tests of the limits
"""
