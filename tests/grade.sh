#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Grades the programs below a build directory by tests/rubric.tsv: a criterion's points are given if all of
# its tests pass.
#
#     tests/grade.sh                                     this suite
#     tests/grade.sh ~/alice/build --problem 1           alice's problem 1, in ~/alice/build/problem1/
#     tests/grade.sh ~/alice/build --gradescope results.json --junit results.xml
#
# The tests are built in BUILD_DIR (build); none may run longer than TEST_LIMIT seconds (120). Exits 0 if all
# points were reached, 1 if not, 2 for a bad command line.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

usage='usage: tests/grade.sh [BIN_DIR] [--problem N]... [--junit FILE] [--gradescope FILE]
                      [--verbose] [--list] [--no-build]
  --problem N        only this problem; may be repeated
  --junit FILE       the outcome as JUnit XML
  --gradescope FILE  the outcome as results.json of a Gradescope autograder
  --verbose          what the failed tests said, too
  --list             only show which tests decide about each criterion
  --no-build         take the tests as they were built last'

bad_usage() {
    printf 'grade.sh: %s\n%s\n' "$1" "$usage" >&2
    exit 2
}

build_dir=$(realpath -m "${BUILD_DIR:-$repository/build}")
bin_dir=$build_dir
problems=' '
junit='' gradescope='' verbose=false list=false build=true
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) echo "$usage" && exit ;;
        --verbose) verbose=true ;;
        --list) list=true ;;
        --no-build) build=false ;;
        --problem | --junit | --gradescope)
            [ $# -ge 2 ] || bad_usage "$1 needs a value"
            case $1 in
                --problem) problems+="$2 " ;;
                --junit) junit=$(realpath -m "$2") ;;
                --gradescope) gradescope=$(realpath -m "$2") ;;
            esac
            shift ;;
        -*) bad_usage "unknown option $1" ;;
        *) [ -d "$1" ] || bad_usage "$1 is not a directory"
           bin_dir=$(realpath "$1") ;;
    esac
    shift
done
rubric=$repository/tests/rubric.tsv
for problem in $problems; do
    grep -q "^$problem"$'\t' "$rubric" || bad_usage "the rubric has no problem $problem"
done

# The tests run in a folder of their own, which is also where they keep their files.
work=$(mktemp -d)
test_pid=''
clean_up() {
    trap '' INT TERM  # one Ctrl+C is enough
    if [ -n "$test_pid" ]; then
        kill "$test_pid" 2>/dev/null && wait "$test_pid" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
export SUITE_BIN_DIR=$bin_dir TMPDIR=$work

# run_test PROGRAM NAME: quiet where it passes, else says why not. A process for each test: one that hangs
# or crashes takes no other with it. In the background, since bash acts on Ctrl+C only while it waits.
run_test() {
    local code=0
    timeout --kill-after=5 "${TEST_LIMIT:-120}" "$1" --gtest_filter="$2" >log 2>&1 </dev/null &
    test_pid=$!
    wait "$test_pid" || code=$?
    test_pid=''
    case $code in
        0) grep -q '^\[  PASSED  \] 1 test' log && return
           echo "cannot run here: $2" ;;
        1) echo "failed: $2" ;;
        124 | 137) echo "hangs: $2" ;;
        *) echo "crashed: $2" ;;
    esac
    # Without gtest's own lines, and no more than one wants to read.
    awk '/^\[ RUN/ { on = 1; next } /^\[  (FAILED|SKIPPED)/ { exit } on { print "    " $0 }' log | head -c 8000
    echo
    return 1
}

# find_tests PROBLEM FILTER: fills the file `tests` with lines of the program that holds a test, and the
# test's name. False, and says so, where a part of the filter names none.
find_tests() {
    local parts part program
    : >tests
    IFS=: read -ra parts <<<"$2"
    for part in "${parts[@]}"; do
        for program in "$build_dir/tests/problem$1/problem$1"_*pair_test*; do
            [ -x "$program" ] || continue
            "$program" --gtest_list_tests --gtest_filter="$part" |
                awk -v program="$program" '/^[^ ]/ { suite = $1; next } { print program "\t" suite $1 }'
        done >found
        [ -s found ] || { echo "no such test: $part" && return 1; }
        cat found >>tests
    done
}

# grade PROBLEM PROGRAMS: runs what find_tests has found; true if the criterion is met, else says why not.
grade() {
    local program name met=true
    for program in $2; do
        [ -x "$bin_dir/problem$1/$program" ] && continue
        echo "missing: problem$1/$program"
        met=false
    done
    $met || return 1
    while IFS=$'\t' read -r program name; do
        run_test "$program" "$name" || met=false
    done <tests
    $met
}

# awk with what all reports need: text that a program printed, made fit for JSON, XML and a terminal.
# Bytes, not characters: the text may be no UTF-8 at all.
report() { LC_ALL=C awk "$text_functions$1" "$2"; }
text_functions='
    BEGIN {
        FS = "\t"
        for (i = 1; i < 256; ++i) hex[sprintf("%c", i)] = sprintf("\\x%02x", i)
        rest = "[\200-\277]"
        utf8 = "^([ -~]|\302[\240-\277]|[\303-\337]" rest "|\340[\240-\277]" rest "|[\341-\354\356]" rest rest \
               "|\355[\200-\237]" rest "|\357[\200-\276]" rest "|\357\277[\200-\275]" \
               "|\360[\220-\277]" rest rest "|[\361-\363]" rest rest rest "|\364[\200-\217]" rest rest ")+"
    }
    function printable(text,  safe) {
        gsub(/\t/, "    ", text)
        while (text != "") {
            if (match(text, utf8)) {
                safe = safe substr(text, 1, RLENGTH)
                text = substr(text, RLENGTH + 1)
            } else {
                safe = safe hex[substr(text, 1, 1)]
                text = substr(text, 2)
            }
        }
        return safe
    }
    function json(text) { gsub(/["\\]/, "\\\\&", text); return text }
    function xml(text) {
        gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); gsub(/"/, "\\&quot;", text)
        return text
    }'

write_gradescope() {
    report '
        function output(file,  line, all) {
            while ((getline line < file) > 0) all = all json(line) "\\n"
            return all
        }
        BEGIN { printf "{\"tests\": [" }
        {
            printf "%s\n  {\"name\": \"Problem %s: %s\", \"score\": %d, \"max_score\": %d, ", \
                   (NR > 1 ? "," : ""), $1, json($5), $2, $3
            printf "\"output\": \"%s\", \"visibility\": \"visible\"}", output($6)
        }
        END { print "\n]}" }' rows
}

write_junit() {
    report '
        function output(file,  line, all) {
            while ((getline line < file) > 0) all = all xml(line) "\n"
            return all
        }
        { row[NR] = $0; failures += $2 < $3 }
        END {
            print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            printf "<testsuites>\n<testsuite name=\"rubric\" tests=\"%d\" failures=\"%d\">\n", NR, failures
            for (i = 1; i <= NR; ++i) {
                split(row[i], field)
                printf "  <testcase classname=\"problem%s\" name=\"%s\" time=\"%s\">", field[1], xml(field[5]), field[4]
                if (field[2] < field[3])
                    printf "<failure message=\"%d of %d points\">%s</failure>", field[2], field[3], output(field[6])
                print "</testcase>"
            }
            print "</testsuite>\n</testsuites>"
        }' rows
}

if $build; then
    install_test_tools >&2
    build "$build_dir" all >/dev/null
fi

cd "$work"
: >rows
status=0 count=0
format='%-7s  %7s  %s\n'
# shellcheck disable=SC2059 # one format for all lines
printf "$format" problem points criterion
while IFS=$'\t' read -r problem points programs criterion filter; do
    [[ $problem = [0-9]* && ($problems = ' ' || $problems = *" $problem "*) ]] || continue
    reached=0
    start=$SECONDS
    if ! find_tests "$problem" "$filter" >why; then
        status=1
    elif $list; then
        cut -f2 tests >why
    elif grade "$problem" "$programs" >why; then
        reached=$points
    else
        status=1
    fi
    explanation=explanation.$((++count))
    tr -d '\000' <why | report '{ print printable($0) }' - >"$explanation"
    $list && score=$points || score=$reached/$points
    printf "$format" "$problem" "$score" "$criterion"
    awk -v all=$verbose '/^[^ ]/ || all == "true" && NF { print "                   " $0 }' "$explanation"
    printf '%s\t' "$problem" "$reached" "$points" $((SECONDS - start)) "$criterion" >>rows
    echo "$explanation" >>rows
done <"$rubric"
$list && exit $status

awk -F'\t' -v format="$format" '
    { reached[$1] += $2; points[$1] += $3; reached["all"] += $2; points["all"] += $3 }
    !known[$1]++ { order[++count] = $1 }
    END {
        if (count > 1) order[++count] = "all"
        print ""
        for (i = 1; i <= count; ++i) printf format, order[i], reached[order[i]] "/" points[order[i]], "total"
    }' rows
[ -z "$junit" ] || write_junit >"$junit"
[ -z "$gradescope" ] || write_gradescope >"$gradescope"
exit $status
