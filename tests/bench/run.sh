#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How fast the programs are, against the limits of this machine and against the peers that are installed, in
# turns within one run. Prints a table in Markdown. Linux only.
#
#     tests/bench/run.sh                   everything: ten minutes on a quiet machine
#     tests/bench/run.sh 1 6               problems 1 and 6
#     tests/bench/run.sh --quick           a first impression in a minute or two: less to do, three rounds
#     tests/bench/run.sh --readme          puts the table into README.md
#     tests/bench/run.sh --plots           draws problem1/throughput.svg and problem1/goodput.svg
#     tests/bench/run.sh --install-peers   installs nginx, redis, ncat, tftp-hpa and uftp, and gnuplot
set -euo pipefail
. "$(dirname "$0")/../support/setup.sh"

build_dir=${BUILD_DIR:-$repository/build}

have() { PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" >/dev/null; }

# peer PROGRAM SERVICE DEBIAN_PACKAGES FEDORA_PACKAGES ARCH_PACKAGES: what its package starts at once is stopped.
peer() {
    have "$1" && return
    install "$3" "$4" "$5" '' || { echo "without $1" >&2; return; }
    [ -z "$2" ] || [ ! -d /run/systemd/system ] || as_root systemctl disable --now "$2"
}

install_peers() {
    peer nginx nginx nginx nginx nginx
    peer redis-server redis-server redis-server redis redis
    peer ncat '' ncat nmap-ncat nmap
    peer in.tftpd tftpd-hpa 'tftp-hpa tftpd-hpa' 'tftp tftp-server' tftp-hpa
    peer tftp '' tftp-hpa tftp tftp-hpa
    peer uftp uftp uftp uftp uftp
    peer gnuplot '' gnuplot-nox gnuplot gnuplot
}

# setting NAME FILE: what CMake has written down.
setting() { sed -n "s/^\(set(\)\{0,1\}$1[: ][^=\"]*[=\"]\([^\")]*\).*/\2/p" "$2" | head -1; }

# Which machine, when and how.
head_of_table() {
    local compiler model
    compiler=$(find "$build_dir/CMakeFiles" -name CMakeCXXCompiler.cmake | head -1)
    model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    printf '%s; %s, %s cores; %s; %s %s, %s; congestion control `%s` on both sides; run as %s; files in %s.\n' \
        "$(LC_ALL=C date '+%-d %B %Y')" "${model:-$(uname -m)}" "$(nproc)" "$(uname -sr)" \
        "$(setting CMAKE_CXX_COMPILER_ID "$compiler")" "$(setting CMAKE_CXX_COMPILER_VERSION "$compiler")" \
        "$(setting CMAKE_BUILD_TYPE "$build_dir/CMakeCache.txt")" \
        "$(cat /proc/sys/net/ipv4/tcp_congestion_control)" "$(id -un)" "$TMPDIR"
    local rounds='seven rounds or more, in turns'
    [ -z "$quick" ] || rounds='three short rounds'
    printf 'Each figure is the **median** (least..most) of %s; the load before was %s.\n\n' \
        "$rounds" "$(cut -d' ' -f1 /proc/loadavg)"
}

# Puts the table of this folder between the two comments of README.md.
write_into_readme() {
    local table=$1/table readme=$repository/README.md
    awk -v table="$table" '
        /^<!-- end of the speed table -->/ { inside = 0 }
        !inside { print }
        /^<!-- speed table: / { inside = 1; print ""; while ((getline line < table) > 0) print line; print "" }
    ' "$readme" >"$1/README.md"
    cat "$1/README.md" >"$readme"
}

quick='' readme='' plots='' problems=()
for word in "$@"; do
    case $word in
    --quick) quick=--quick ;;
    --readme) readme=yes ;;
    --plots) plots=yes ;;
    --install-peers) install_peers; exit ;;
    [1-6]) problems+=("$word") ;;
    *) sed -n '3,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ -z "$readme" ] || [ ${#problems[@]} -eq 0 ] || { echo 'run.sh: --readme is for the whole table' >&2; exit 2; }

install_build_tools && { have_googletest || install 'libgtest-dev' 'gtest-devel' 'gtest' 'googletest'; } >&2
{ build "$build_dir" programs && cmake --build "$build_dir" --target netlab_bench; } >&2

export TMPDIR=${TMPDIR:-/dev/shm}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
bench="$build_dir/tests/bench/netlab_bench"

if [ "$plots" ]; then
    have gnuplot || { echo 'run.sh: gnuplot is not installed (--install-peers)' >&2; exit 1; }
    "$bench" $quick --curves "$work"
    gnuplot -e "data='$work'; folder='$repository/problem1'" "$repository/tests/bench/plots.gp"
    exit
fi
{ head_of_table && "$bench" $quick "${problems[@]}"; } | tee "$work/table"
[ -z "$readme" ] || write_into_readme "$work"
