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
# shellcheck disable=SC2086 # several options in one variable
build "$build_dir" all ${CMAKE_OPTIONS:-}
ctest --test-dir "$build_dir" --output-on-failure --parallel 4 "$@"
