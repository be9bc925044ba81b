#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds the programs, and runs each problem over loopback, to be watched.
# Ends with a line per problem; fails if one of them failed.
set -euo pipefail
. "$(dirname "$0")/support/setup.sh"

build_dir=${BUILD_DIR:-$repository/build}
install_build_tools
build "$build_dir" programs >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
exec 2>&1

results=()
servers=()
bold='' plain=''
[ -t 1 ] && bold=$'\033[1m' plain=$'\033[0m'
title() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
show() { printf '$ %s\n' "${*//"$build_dir"\//}"; "$@"; }
stop_servers() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done; }

# wait_for FILE PATTERN: until the file has such a line, ten seconds at most.
wait_for() {
    for _ in $(seq 200); do
        grep -q "$2" "$1" && return
        sleep 0.05
    done
    echo "no line '$2' in $1:" && cat "$1" && return 1
}

# start_server LOG PROGRAM [OPTION...]: starts it on a free port, which it leaves in $port. Its
# keyboard is the file $keyboard, if set.
start_server() {
    local log=$1
    shift
    printf '$ %s &\n' "${*//"$build_dir"\//}"
    "$@" --port 0 <"${keyboard:-/dev/null}" >"$log" &
    servers+=($!)
    wait_for "$log" '^listening on'
    port=$(sed -n '1s/.*://p' "$log")
}

# run_problem NUMBER TITLE: runs the function problemNUMBER in a shell of its own, in which the first
# failure ends it.
run_problem() {
    title "Problem $1: $2"
    set +e
    (set -e; trap stop_servers EXIT; "problem$1")
    if [ $? -eq 0 ]; then
        results+=("problem $1: ok, $2")
    else
        results+=("problem $1: FAILED, $2")
    fi
    set -e
}

problem1() {
    local bin=$build_dir/problem1
    head -c 1000 /dev/urandom >photo.bin
    start_server tcp.log "$bin/tcp_server" --dir tcp --once --impair drop=4
    echo '(the server drops its 4th message, the ACK of chunk 3: see chunk 3 sent again)'
    show "$bin/tcp_client" --port "$port" --trace photo.bin
    show cmp photo.bin tcp/photo.bin

    start_server udp.log "$bin/udp_server" --dir udp
    show "$bin/udp_client" --port "$port" photo.bin
    # The client is not told when the file is complete: the server's line says so.
    wait_for udp.log '^received'
    cat udp.log
    show cmp photo.bin udp/photo.bin
}

problem2() {
    local bin=$build_dir/problem2
    mkdir files
    head -c 20000 /dev/urandom >files/long.bin
    printf 'a short file\n' >files/short.txt
    start_server files.log "$bin/server" --root files --write-size 1000 --pause 50ms
    echo '(1000 bytes a write, 50 ms between two writes: the short file does not wait for the long one)'
    show "$bin/client" --port "$port" --parallel 2 --verify long.bin short.txt
    show cmp files/long.bin downloads/long.bin
    show cmp files/short.txt downloads/short.txt
}

problem3() {
    local bin=$build_dir/problem3
    start_server calculator.log "$bin/server"
    show "$bin/client" --port "$port" 7 / 2
    show "$bin/client" --port "$port" -9223372036854775808 / -1
    echo "\$ printf '6*7\\n10 / 3\\n' | problem3/client --port $port"
    [ "$(printf '6*7\n10 / 3\n' | "$bin/client" --port "$port" | tee answers)" = "$(printf '42\n3.3333333333333333')" ]
    cat answers
}

# tone NAME: two seconds of 440 Hz as WAV, 8000 bytes a second, for want of a clip.
tone() {
    {
        printf 'RIFF\xa4\x3e\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\x80\x3e\0\0'
        LC_ALL=C awk 'BEGIN { for (i = 0; i < 16000; ++i) printf "%c", 128 + int(90 * sin(i * 440 / 8000 * 6.283185)) }'
    } >"$1"
}

problem4() {
    local bin=$build_dir/problem4 clip=tone.wav player=()
    mkdir clips
    if command -v ffmpeg >/dev/null; then
        clip=clip.mp4
        ffmpeg -loglevel error -f lavfi -i testsrc2=duration=5 -f lavfi -i sine=duration=5 -pix_fmt yuv420p \
            -movflags +faststart clips/clip.mp4
    else
        tone clips/tone.wav
    fi
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v mpv ffplay cvlc >/dev/null; then
        echo '(the first player that is installed plays it)'
        player=(--latency 1s)
    elif command -v mpv >/dev/null; then
        player=(--player 'mpv --no-config --vo=null --ao=null --really-quiet --cache=no -')
    elif command -v ffplay >/dev/null; then
        player=(--player 'SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy ffplay -autoexit -loglevel error -i -')
    fi

    start_server stream.log "$bin/server" --root clips --impair loss=10%,seed=7
    echo '(every tenth datagram of the server is lost, and sent again when the client asks for it)'
    if [ ${#player[@]} -gt 0 ]; then show "$bin/client" --port "$port" "${player[@]}" "$clip"; fi
    show "$bin/client" --port "$port" --output copy "$clip"
    show cmp copy "clips/$clip"
    cat stream.log
}

# dialogue tcp|udp: what either side says comes from a file of lines, each in its turn.
dialogue() {
    start_server "$1-chat.log" "$build_dir/problem5/$1_chat_server" --once --quiet --name Bob --transcript "$1.bob"
    echo "$ problem5/$1_chat_client --port $port --name Ann --transcript $1.ann <ann.txt"
    "$build_dir/problem5/$1_chat_client" --port "$port" --quiet --name Ann --transcript "$1.ann" <ann.txt >/dev/null
    wait $!
    show cmp "$1.ann" "$1.bob"
}

problem5() {
    printf '%s\n' 'Hello Bob, are you there?' 'Whose turn is it?' >ann.txt
    printf '%s\n' 'Yes, what is it?' 'Yours, now.' >bob.txt
    local keyboard=bob.txt
    dialogue tcp
    dialogue udp
    show cat udp.ann
}

# join NAME: a client whose keyboard is a FIFO.
join() {
    mkfifo "$1.keys"
    echo "$ problem6/client --port $port --name $1 &"
    "$build_dir/problem6/client" --port "$port" --name "$1" <"$1.keys" >"$1.screen" 2>&1 &
}

problem6() {
    start_server room.log "$build_dir/problem6/server" --room
    # Each says /who first: the answer tells that it is in the room.
    join alice && exec 3>alice.keys && echo /who >&3 && wait_for alice.screen '^. here:'
    join bob && exec 4>bob.keys && echo /who >&4 && wait_for bob.screen '^. here:'
    join carol && exec 5>carol.keys && echo /who >&5 && wait_for carol.screen '^. here:'

    echo 'Hello, it is alice.' >&3 && wait_for carol.screen '^<alice>'
    echo 'And bob.' >&4 && wait_for carol.screen '^<bob>'
    echo 'Then we are three.' >&5 && wait_for alice.screen '^<carol>'
    wait_for bob.screen '^<carol>'
    show cat alice.screen
    show cat bob.screen
    show cat carol.screen
    exec 3>&- 4>&- 5>&-
}

run_problem 1 'file transfer over TCP and UDP'
run_problem 2 'concurrent file server'
run_problem 3 'remote calculator'
run_problem 4 'a clip plays while it is still arriving, and every tenth datagram is lost'
run_problem 5 'chat, one to one, over TCP and UDP'
run_problem 6 'chat, many clients in a room'

title 'Summary'
printf '%s\n' "${results[@]}"
! printf '%s\n' "${results[@]}" | grep -q FAILED
