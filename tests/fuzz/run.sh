#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lets libFuzzer (clang) look for bytes that break a parser, one target after the other.
#
#     tests/fuzz/run.sh               all targets, 60 seconds each
#     tests/fuzz/run.sh 600 frame     one target, ten minutes
#
# Builds in BUILD_DIR (build-fuzz) with AddressSanitizer and UndefinedBehaviorSanitizer. What it learns
# stays in BUILD_DIR/corpus; an input that breaks something is kept as BUILD_DIR/NAME-crash-..., to be
# run again by `BUILD_DIR/tests/fuzz/NAME_fuzz FILE`. Fails if there is one.
set -euo pipefail
. "$(dirname "$0")/../support/setup.sh"

time_each=${1:-60}
folder=$repository/tests/fuzz
names=("${@:2}")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(basename -s _fuzz.cpp "$folder"/*_fuzz.cpp)

build_dir=${BUILD_DIR:-$repository/build-fuzz}
install_test_tools
command -v clang++ >/dev/null || install 'clang libclang-rt-dev' 'clang compiler-rt' 'clang compiler-rt' 'llvm'
cmake -S "$repository" -B "$build_dir" -DCMAKE_CXX_COMPILER=clang++ -DFUZZ=ON >/dev/null
cmake --build "$build_dir" --parallel "$(getconf _NPROCESSORS_ONLN)" --target "${names[@]/%/_fuzz}"

failed=()
for name in "${names[@]}"; do
    printf '\n%s, for %d s\n' "$name" "$time_each"
    mkdir -p "$build_dir/corpus/$name"
    options=(-max_total_time="$time_each" -timeout=10 -artifact_prefix="$build_dir/$name-"
             -print_final_stats=1 -verbosity=0)
    [ ! -e "$folder/$name.dict" ] || options+=(-dict="$folder/$name.dict")
    "$build_dir/tests/fuzz/${name}_fuzz" "${options[@]}" \
        "$build_dir/corpus/$name" "$folder/corpus/$name" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { echo "broken: ${failed[*]}" >&2; exit 1; }
