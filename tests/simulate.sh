#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tries networks that nobody has tried before: the swarms of tests/simulation with fresh seeds.
#
#     tests/simulate.sh                     a minute
#     tests/simulate.sh --minutes 5         as long as you like
#
# A failure prints its seed, the smallest network that still fails, and how to see it again
# (SIM_SEED=N). BUILD_DIR (build) is where it builds.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

usage='usage: tests/simulate.sh [--minutes N]'
minutes=1
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) echo "$usage" && exit ;;
        --minutes) minutes=${2:-} && shift ;;
        *) minutes='' ;;
    esac
    [[ $minutes =~ ^[1-9][0-9]*$ ]] || { echo "$usage" >&2 && exit 2; }
    shift
done

build_dir=${BUILD_DIR:-$repository/build}
install_test_tools >/dev/null
build "$build_dir" simulations >/dev/null

# Every swarm of every problem gets the same share; as many at once as there are processors.
processors=$(getconf _NPROCESSORS_ONLN)
swarms=()
for program in "$build_dir"/tests/simulation/*_simulation; do
    while read -r test; do swarms+=("$program $test"); done < <(
        "$program" --gtest_list_tests | awk '/^[^ ]/ { suite = $1 } /^ / && suite ~ /Swarm/ { print suite $1 }')
done
share=$((minutes * 60 * processors / ${#swarms[@]}))
[ "$share" -gt 0 ] || share=1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
outcome=0
printf '%s\n' "${swarms[@]}" |
    SIM_SECONDS=$share xargs -P "$processors" -L 1 sh -c '"$0" --gtest_brief=1 --gtest_filter="$1"' >"$log" 2>&1 ||
    outcome=1
grep -v -e '^Running main' -e '^Note: ' -e '^\[==' -e '^\[  PASSED' -e ' networks$' "$log" || true
awk '/^[0-9]+ networks$/ { total += $1 } END { printf "%d networks tried\n", total }' "$log"
exit "$outcome"
