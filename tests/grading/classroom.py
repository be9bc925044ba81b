# SPDX-License-Identifier: MIT
"""Grades submissions, several at a time, each in processes of its own that are ended when their time is over."""

import json
import os
import queue
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field

from .rubric import Outcome
from .processes import become_subreaper, descendants, kill_descendants, python, reap_orphans, send_signal
from .submission import BUILD_SECONDS, find_programs, needs_building, why_missing

PROBLEM_SECONDS = 58  # for an examiner, which should have ended by itself before


@dataclass
class Grades:
    """A submission, and what it has earned: an Outcome a criterion."""

    name: str
    root: str
    shown: str = ""  # as the user has named it
    remark: str = ""
    outcomes: dict = field(default_factory=dict)  # number of the problem: list

    def earned(self, number=None):
        return sum(outcome.earned for outcome in self._of(number))

    def points(self, number=None):
        return sum(outcome.points for outcome in self._of(number))

    def _of(self, number):
        numbers = self.outcomes if number is None else [number]
        return [outcome for each in numbers for outcome in self.outcomes[each]]


def outcomes_in(printed):
    """What an examiner has told; the last line may be half of one, if it had to be killed."""
    outcomes = []
    for line in printed.splitlines():
        try:
            outcomes.append(Outcome(**json.loads(line)))
        except ValueError:
            break
    return outcomes


class Helper:
    """A process of the grader's own, and a folder for what it leaves."""

    def __init__(self, classroom):
        self.classroom = classroom
        self.folder = tempfile.mkdtemp(prefix="grading.")
        os.chmod(self.folder, 0o711)

    def run(self, module, arguments, seconds):
        """What it printed. It is ended, with all that it has started, when its time is over."""
        process = self.classroom.start(python(module, *arguments))
        try:
            return self._output(process, seconds)
        finally:
            self.classroom.end(process.pid)

    @staticmethod
    def _output(process, seconds):
        try:
            return process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
        try:
            return process.communicate(timeout=2)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Classroom:
    """All submissions and all problems that are to be graded."""

    def __init__(self, problems, only, seed, jobs):
        self.problems, self.only, self.seed, self.jobs = problems, only, seed, jobs
        self.lock = threading.Lock()
        self.helpers = set()
        self.threads = []
        self.stopping = False
        become_subreaper()

    def grade(self, submissions, progress):
        """Fills in the Grades of each; progress(grades) tells when one is done."""
        todo = queue.SimpleQueue()
        for grades in submissions:
            todo.put(grades)
        count = min(self.jobs, len(submissions))
        left_over = self.jobs // count
        self.threads = [threading.Thread(target=self._work, args=(todo, progress, left_over), daemon=True)
                        for _ in range(count)]
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            while thread.is_alive():  # so that Ctrl+C is heard
                thread.join(0.2)

    def _work(self, todo, progress, jobs):
        while True:
            try:
                grades = todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._grade_one(grades, jobs)
            except (OSError, ValueError) as error:  # no room for its folder, for instance
                grades.remark = f"the grader could not go on: {error}"
            if self.stopping:
                return
            with self.lock:
                progress(grades)

    def _grade_one(self, grades, jobs):
        helper = Helper(self)
        try:
            root = grades.root
            for problem in self.problems:
                grades.outcomes[problem.number] = self._complete(problem, [], "not tried", "not tried")
            if needs_building(root, self.problems):
                grades.remark = json.loads(helper.run("submission", [root, helper.folder], BUILD_SECONDS + 10) or
                                           '"it could not be built"') or ""
                root = os.path.join(helper.folder, "source")
            self._grade_problems(grades, root, jobs)
        finally:
            helper.close()

    def _grade_problems(self, grades, root, jobs):
        numbers = queue.SimpleQueue()
        for problem in self.problems:
            numbers.put(problem)

        def work():
            while True:
                try:
                    problem = numbers.get_nowait()
                except queue.Empty:
                    return
                if self.stopping:
                    return
                grades.outcomes[problem.number] = self._grade_problem(grades, root, problem)
        threads = [threading.Thread(target=work, daemon=True) for _ in range(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _grade_problem(self, grades, root, problem):
        programs = find_programs(root, problem)
        if programs is None:
            return self._without_programs(grades, problem)
        place = os.path.relpath(programs, root)
        shown = os.path.normpath(os.path.join(grades.shown, place))
        helper = Helper(self)
        try:
            order = {"problem": problem.number, "programs": programs, "folder": helper.folder, "shown_as": shown,
                     "graded_as": shlex.quote(grades.shown), "seed": self.seed, "only": self.only}
            printed = helper.run("examiner", [json.dumps(order)], PROBLEM_SECONDS)
        finally:
            helper.close()
        return self._complete(problem, outcomes_in(printed), "not tried",
                              f"not tried: the time for this problem ({PROBLEM_SECONDS} s) was over")

    def _without_programs(self, grades, problem):
        place = f"problem{problem.number}"
        place = place if os.path.isdir(os.path.join(grades.root, place)) else ""
        missing = why_missing(os.path.join(grades.root, place), problem.programs)
        why = "it could not be built" if grades.remark else \
            f"in {os.path.normpath(os.path.join(grades.shown, place))} {missing}"
        return self._complete(problem, [], "not attempted", f"not attempted: {why}")

    def _complete(self, problem, outcomes, state, why):
        """An outcome for each criterion that is asked for."""
        for criterion in problem.criteria:
            if (not self.only or criterion.key in self.only) and all(o.key != criterion.key for o in outcomes):
                outcomes.append(Outcome(criterion.key, criterion.points, criterion.title, cases=len(criterion.cases),
                                        state=state, failures=[why] if why else []))
                why = None  # told once
        return outcomes

    # Nothing is left running

    def start(self, command):
        """Under the lock: a helper that is not known yet would be taken for what another one has left."""
        with self.lock:
            process = subprocess.Popen(command, text=True, start_new_session=True,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            self.helpers.add(process.pid)
        return process

    def end(self, pid):
        """What a helper has left behind is ours now, and is ended."""
        with self.lock:
            self.helpers.discard(pid)
            self.kill_orphans()

    def kill_orphans(self):
        """Ends what has become our child without having been started by us."""
        me = os.getpid()
        if any(stat[0] == me and pid not in self.helpers for pid, stat in descendants(me).items()):
            kill_descendants(me, lambda: reap_orphans(self.helpers), keep=self.helpers)

    def stop(self):
        """Ctrl+C: the helpers end what they have started, the threads that wait for them tidy up and end."""
        self.stopping = True
        for pid in list(self.helpers):
            send_signal(pid, signal.SIGTERM)
        for thread in self.threads:
            thread.join(10)
        self.helpers.clear()
        self.kill_orphans()
