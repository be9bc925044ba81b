#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, and runs all tests over loopback.
#
#     tests/run.sh                    everything
#     tests/run.sh -L problem1        one problem; all arguments go to ctest
#
# BUILD_DIR (build) is where it builds; CMAKE_OPTIONS is passed on, as in
# CMAKE_OPTIONS='-DSANITIZE=thread' BUILD_DIR=build-tsan tests/run.sh
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

build_dir=${BUILD_DIR:-$repository/build}
install_test_tools

SECONDS=0
# shellcheck disable=SC2086 # several options in one variable
build "$build_dir" all ${CMAKE_OPTIONS:-}
printf 'built in %d s\n' "$SECONDS"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
outcome=0
SECONDS=0
ctest --test-dir "$build_dir" --output-on-failure --parallel 8 "$@" | tee "$log" || outcome=$?
printf 'tested in %d s\n' "$SECONDS"

# What each label may take on a machine of two processors, without sanitizers, and what it took: so that
# the suite stays one that is run. A test that takes two places counts twice.
[ -n "${CMAKE_OPTIONS:-}" ] || awk -v outcome="$outcome" '
    BEGIN {
        split("common 30 problem1 90 problem2 40 problem3 10 problem4 550 problem5 60 problem6 30 " \
              "simulation 180 faults 110 fuzz 5 grading 400 readme 60", list, " ")
        for (i = 1; i in list; i += 2) budget[list[i]] = list[i + 1]
    }
    /^ *[0-9]+\/[0-9]+ Test +#/ && match($0, /[0-9.]+ sec/) {
        took = substr($0, RSTART, RLENGTH) + 0
        name = $0; sub(/^[^:]*: /, "", name); sub(/ \.\..*/, "", name)
        if (took >= 5) slow[sprintf("%08.2f %s", took, name)]
    }
    /= +[0-9.]+ sec\*proc/ && ($1 in budget) && $3 + 0 > budget[$1] {
        printf "over its budget: %s took %d s of %d\n", $1, $3, budget[$1]; over = 1
    }
    END { if (over) for (line in slow) print "  " line | "sort -r | head -10" }' "$log"
exit "$outcome"
