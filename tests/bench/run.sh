#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How fast the programs are, against the limits of this machine and against the peers that are installed
# (nginx, redis-server, ncat), in turns within one run. Prints a table in Markdown.
#
#     tests/bench/run.sh            everything; some minutes on a quiet machine
#     tests/bench/run.sh 1 6        problems 1 and 6
set -euo pipefail
. "$(dirname "$0")/../support/setup.sh"

build_dir=${BUILD_DIR:-$repository/build}
install_test_tools
build "$build_dir" programs >/dev/null
cmake --build "$build_dir" --target netlab_bench netlab_crowd >/dev/null

printf '%s cores, %s, congestion control %s\n\n' "$(getconf _NPROCESSORS_ONLN)" "$(uname -sr)" \
    "$(cat /proc/sys/net/ipv4/tcp_congestion_control 2>/dev/null || echo unknown)"
"$build_dir/tests/bench/netlab_bench" "$@"

# Problem 4 has no peer to be compared with: a thousand clients of 1 Mbit/s each, and who of them starved.
case " $* " in '  ' | *' 4 '*) "$build_dir/tests/bench/netlab_crowd" 1000 125000 10 ;; esac
