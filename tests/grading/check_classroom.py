# SPDX-License-Identifier: MIT
"""Test of the classroom: a helper that has just been started is not taken for what another one has left behind."""

import subprocess
import sys
import threading

from .classroom import Classroom

started = threading.Event()


class SlowPopen(subprocess.Popen):
    """The process runs already, and whoever starts it does not know its number yet."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        started.set()
        other.join(0.5)


def end_another_one():
    started.wait()
    classroom.end(0)


classroom = Classroom([], None, 0, 2)
other = threading.Thread(target=end_another_one)
other.start()
subprocess.Popen = SlowPopen
process = classroom.start(["sh", "-c", "sleep 1; echo unharmed"])
printed = process.communicate()[0]
other.join()
print(f"printed {printed!r}, exit code {process.returncode}")
sys.exit(printed != "unharmed\n")
