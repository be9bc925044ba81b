#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Grades the programs below a build directory, or those of a whole class: `tests/grade.sh --help`. The work is
# done by tests/grading/, which needs Python 3 and nothing else.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

install_python >&2
exec python3 -I -B "$repository/tests/grading/run.py" grading "$@"
