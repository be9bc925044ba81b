#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the zip that Gradescope takes as an autograder ("Configure Autograder", base image Debian or Ubuntu):
#
#     tests/make_autograder.sh autograder.zip --problem 3         core points of problem 3
#     tests/make_autograder.sh autograder.zip --problem 3 --extra with the extra points
#
# The options are those of tests/grade.sh. The zip holds setup.sh, which installs and builds what is needed there;
# run_autograder, which grades one submission; and this suite.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

case ${1:-} in
    *.zip) zip=$(realpath -m "$1") && shift ;;
    *) echo 'usage: tests/make_autograder.sh FILE.zip [OPTION OF grade.sh]...' >&2 && exit 2 ;;
esac
install_python >&2
exec python3 -I -B "$repository/tests/grading/run.py" grading.autograder "$repository" "$zip" "$@"
