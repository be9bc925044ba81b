# SPDX-License-Identifier: MIT
"""Criteria and their cases; what went wrong, in plain words; points."""

from dataclasses import dataclass, field


class Failure(Exception):
    """A case that did not pass: what was done, what was expected, what came.

    `again` is a command that repeats it, `timeout` that the time was spent in vain, `cause` what else has
    the same reason, if that is known.
    """

    def __init__(self, done, expected, came, again=None, timeout=False, cause=None):
        super().__init__(done)
        self.done, self.expected, self.came = done, expected, came
        self.again, self.timeout, self.cause = again, timeout, cause

    def line(self):
        return f"{self.done}: expected {self.expected}, but {self.came}"


@dataclass
class Criterion:
    """Some points for some cases: functions of the lab that throw Failure. Named as in ASSIGNMENT.md."""

    key: str
    points: int
    title: str
    programs: tuple
    cases: list


@dataclass
class Problem:
    """What is asked for."""

    number: int
    criteria: list

    @property
    def programs(self):
        """All of them, servers first."""
        return list(dict.fromkeys(name for criterion in self.criteria for name in criterion.programs))


@dataclass
class Outcome:
    """What a criterion earned. `failures` are lines for people; `state` is done, not attempted or not tried."""

    key: str
    points: int
    title: str
    passed: int = 0
    cases: int = 0
    state: str = "done"
    failures: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def earned(self):
        """In proportion, rounded down: all points are for all cases only."""
        return self.points * self.passed // self.cases if self.cases else 0


def ordinal(number):
    """1st, 2nd, 3rd, 4th ..."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def quoted(text, most=60):
    """What somebody printed, on one line and not too long; `nothing` if it is empty."""
    text = text.strip()
    if not text:
        return "nothing"
    shown = "".join(c if c.isprintable() else "\\n" if c == "\n" else f"\\x{ord(c):02x}" for c in text[:most])
    return f"`{shown}{'...' if len(text) > most else ''}`"
