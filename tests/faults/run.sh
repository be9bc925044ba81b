#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The whole catalogue of faults, at length (ctest -L faults runs a part of it in a minute).
#
#     tests/faults/run.sh                       everything
#     tests/faults/run.sh nth_call.py --pairs 3 --end server --only 12 --error -1
#                                               one script of this folder with its arguments
#
# Builds in BUILD_DIR (build). SUITE_BIN_DIR: the build whose programs are attacked, if not that one.
set -euo pipefail
. "$(dirname "$0")/../support/setup.sh"

build_dir=${BUILD_DIR:-$repository/build}
install_test_tools
{ build "$build_dir" programs && build "$build_dir" faults_preload; } >/dev/null
export FAULTS_BUILD_DIR=$build_dir PYTHONDONTWRITEBYTECODE=1
export FAULTS_PRELOAD=$build_dir/tests/faults/libfaults_preload.so
cd "$repository/tests/faults"

if [ $# -gt 0 ]; then
    script=$1
    shift
    exec python3 "$script" "$@"
fi

failed=()
attempt() {
    printf '\n=== %s (after %d s)\n' "$*" "$SECONDS"
    python3 "$@" || [ $? -eq 77 ] || failed+=("$*")
}
attempt imports.py
attempt nth_call.py
attempt nth_call.py --modes --seeds 20
attempt broken.py
attempt kills.py --moments 100
attempt limits.py descriptors
attempt limits.py memory
attempt limits.py idle --connections 10000
attempt limits.py room
attempt peers.py streams --each 30
attempt peers.py datagrams --count 30000
attempt peers.py stdout
attempt peers.py unread
attempt names.py
printf '\n%d s\n' "$SECONDS"
[ ${#failed[@]} -eq 0 ] || { printf 'failed: %s\n' "${failed[@]}" >&2; exit 1; }
