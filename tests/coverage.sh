#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How much of common/ and problem*/ the tests run: lines and branches, a table and a summary.
#
#     tests/coverage.sh               all tests; fails below 95 % of lines or 85 % of branches
#     tests/coverage.sh -L problem1   some tests; all arguments go to ctest
#
# Builds in BUILD_DIR (build-coverage), without optimization. Branches that only an exception takes
# are not counted: the compiler makes one of nearly every call. BUILD_DIR/coverage.html has the lines.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

lines=95
branches=85
build_dir=${BUILD_DIR:-$repository/build-coverage}
install_test_tools
command -v gcovr >/dev/null || install gcovr gcovr gcovr gcovr
build "$build_dir" all -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS='-O0 --coverage -fprofile-update=atomic'

find "$build_dir" -name '*.gcda' -delete
tests=0
ctest --test-dir "$build_dir" --output-on-failure --parallel 4 "$@" || tests=$?

cd "$repository"
gcovr --root . --object-directory "$build_dir" --filter 'common/' --filter 'problem[1-6]/' \
    --exclude-throw-branches -j "$(getconf _NPROCESSORS_ONLN)" \
    --json "$build_dir/coverage.json" "$build_dir"
summary=0
gcovr --root . --add-tracefile "$build_dir/coverage.json" --txt "$build_dir/lines.txt" \
    --html-details "$build_dir/coverage.html" --print-summary \
    --fail-under-line "$lines" --fail-under-branch "$branches" || summary=$?
gcovr --root . --add-tracefile "$build_dir/coverage.json" --branches --txt "$build_dir/branches.txt"
cat "$build_dir/lines.txt" "$build_dir/branches.txt"
[ "$tests" -eq 0 ] || echo "some tests have failed: the figures are too low" >&2
[ "$tests" -eq 0 ] && [ "$summary" -eq 0 ]
