# SPDX-License-Identifier: MIT
"""One submission in one problem, in a process of its own: `run.py grading.examiner ORDER`.

Runs the cases of each criterion and prints its outcome as a line of JSON. Whatever the submission does, it ends in
time, and nothing of the submission is left running.
"""

import importlib
import json
import os
import signal
import sys
import time
from dataclasses import asdict

from . import lab as labs
from .rubric import Failure, Outcome
from .submission import why_missing
from .supervisor import LimitExceeded, OutOfTime, Supervisor

SECONDS = 52  # and some to clean up: a minute in all
MAX_TIMEOUTS = 3


def load(number):
    """The rubric of a problem."""
    return importlib.import_module(f".problem{number}", __package__).PROBLEM


class Examiner:
    """Goes through the criteria of one problem."""

    def __init__(self, problem, lab, only):
        self.problem, self.lab = problem, lab
        self.only = only
        self.causes = {}  # what went wrong already: where it was told
        self.told_again = {}  # and how to repeat it
        self.wait_factors = {}  # who hangs over TCP has not spent the patience with UDP
        self.not_starting = {}  # programs that do not start: where it was told
        self.time_is_up = None

    def outcomes(self):
        for criterion in self.problem.criteria:
            if self.only and criterion.key not in self.only:
                continue
            start = time.monotonic()
            outcome = Outcome(criterion.key, criterion.points, criterion.title, cases=len(criterion.cases))
            self._grade(criterion, outcome)
            outcome.seconds = round(time.monotonic() - start, 2)
            yield outcome

    def _grade(self, criterion, outcome):
        if all(self._missing(criterion, case) for case in criterion.cases):
            outcome.state = "not attempted"
            outcome.failures.append(self._not_attempted(criterion, criterion.cases[0]))
            return
        told = next((self.not_starting[name] for name in criterion.programs if name in self.not_starting), None)
        if told:
            outcome.state = "not tried"
            self._tell_once(f"what needs it is not tried: see {told}", criterion, outcome)
            return
        self.lab.supervisor.wait_factor = self.wait_factors.get(criterion.programs, 1.0)
        self._run_cases(criterion, outcome)
        self.wait_factors[criterion.programs] = self.lab.supervisor.wait_factor

    def _missing(self, criterion, case):
        """The programs that a case needs and that were not handed in."""
        return [name for name in getattr(case, "needs", criterion.programs) if not self.lab.has(name)]

    def _not_attempted(self, criterion, case):
        return f"not attempted: {why_missing(self.lab.handed_in, self._missing(criterion, case))}"

    def _run_cases(self, criterion, outcome):
        timeouts = untold = 0
        ending = None
        for number, case in enumerate(criterion.cases):
            if self.time_is_up:
                outcome.state = "done" if number else "not tried"
                ending = f"not tried: {self.time_is_up}"
                break
            if self._missing(criterion, case):
                outcome.failures.append(self._not_attempted(criterion, case))
                continue
            failure = self._run(case)
            if failure is None:
                outcome.passed += 1
                continue
            untold += not self._tell(failure, criterion, outcome)
            timeouts += failure.timeout
            if failure.timeout:
                self.lab.supervisor.shorten_waits()
            if failure.cause and failure.cause.endswith("does not start"):
                self.not_starting.setdefault(failure.cause.split()[0], criterion.key)
            left = len(criterion.cases) - number - 1
            if timeouts == MAX_TIMEOUTS and left:
                ending = f"after {MAX_TIMEOUTS} waits in vain what is left of {criterion.key} was not tried: " \
                    f"{left} of {len(criterion.cases)} cases"
                break
        if untold:
            outcome.failures.append(f"{untold} more {'case' if untold == 1 else 'cases'} failed in the same way")
        if ending:
            self._tell_once(ending, criterion, outcome)

    def _run(self, case):
        """What was wrong, None if nothing was."""
        try:
            case(self.lab)
            self.lab.supervisor.check()
            return None
        except Failure as failure:
            self._blame_the_dead(failure)
            return self._excuse(failure)
        except LimitExceeded as limit:
            self.time_is_up = f"{limit}, and was stopped"
            return Failure("ran it", "it to take no more than it needs", str(limit))
        except OutOfTime:
            self.time_is_up = f"the {SECONDS} s for this problem were over"
            return Failure("ran it", f"all to be done within {SECONDS} s", "the time was over")
        except OSError as error:  # a connection that ended where the check did not expect it
            failure = Failure("talked to the server", "the connection to stay", error.strerror or str(error),
                              timeout=isinstance(error, TimeoutError))
            self._blame_the_dead(failure)
            return failure
        except Exception as error:  # something that no check has thought of is no reason to lose all points
            failure = Failure("looked at what came", "something that can be judged", f"{type(error).__name__}: {error}")
            self._blame_the_dead(failure)
            return failure
        finally:
            self.lab.end_case()

    def _blame_the_dead(self, failure):
        """A server that has crashed explains what did not come."""
        dead = self.lab.dead_server()
        if dead and failure.cause is None:
            failure.came = f"{failure.came}; {dead}"

    def _excuse(self, failure):
        """What was stopped by us looks like something else at first."""
        if self.lab.supervisor.violation:
            self.time_is_up = f"{self.lab.supervisor.violation}, and was stopped"
            failure.came = f"{self.lab.supervisor.violation}, and was stopped"
        return failure

    def _tell_once(self, line, criterion, outcome):
        if line not in self.causes:
            self.causes[line] = criterion.key
            outcome.failures.append(line)

    def _tell(self, failure, criterion, outcome):
        """Each cause once: what comes again refers to where it was told first. False if that is told already."""
        cause = failure.cause or failure.line()
        if cause in self.causes:
            line = f"the same as in {self.causes[cause]}"
            if self.causes[cause] == criterion.key or line in outcome.failures:
                return False
            outcome.failures.append(line)
            return True
        self.causes[cause] = criterion.key
        outcome.failures.append(failure.line())
        again = failure.again or f"tests/grade.sh {self.lab.graded_as} --only {criterion.key}"
        told = self.told_again.setdefault(again, criterion.key)
        outcome.failures.append(f"    again: {again if told == criterion.key else f'as in {told}'}")
        return True


def examine(order):
    """Grades as ordered: {problem, programs, folder, shown_as, graded_as, seed, only}. The folder is ours."""
    problem, folder = load(order["problem"]), order["folder"]
    labs.copy_programs(order["programs"], os.path.join(folder, "bin"), problem.programs)
    supervisor = Supervisor(folder, SECONDS)
    try:
        lab = labs.Lab(supervisor, os.path.join(folder, "bin"), order["shown_as"], order["seed"])
        lab.graded_as, lab.handed_in = order["graded_as"], order["programs"]
        for outcome in Examiner(problem, lab, order["only"]).outcomes():
            print(json.dumps(asdict(outcome)), flush=True)
    finally:
        supervisor.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    examine(json.loads(sys.argv[1]))


if __name__ == "__main__":
    main()
