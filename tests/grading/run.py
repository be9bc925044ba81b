# SPDX-License-Identifier: MIT
"""Starts a module of the grader: `python3 -I -B tests/grading/run.py MODULE ARGUMENT...`

With -I, Python looks for no modules where it was started: that may be a folder of a student, with a json.py."""

import os
import runpy
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
