#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes samples/, the files that the READMEs send, serve and play. The same bytes each time, but for
# the clip, which ffmpeg makes, if it is there.
#
#     tests/make-samples.sh [DIRECTORY]
set -eu
directory=${1:-$(dirname "$0")/../samples}
mkdir -p "$directory/files/lab" "$directory/clips"
cd "$directory"

# bytes COUNT: so many, of a known pattern.
bytes() { seq 1000000 | head -c "$1"; }

printf 'Name a file,\nget a file.\n' >notes.txt
bytes 1000000 >photo.jpg
bytes 20000 >f.bin
cp notes.txt files/notes.txt
bytes 1000 >files/short.bin
bytes 300000 >files/long.bin
bytes 100 >files/lab/hundred.bin

# Five seconds of 440 Hz, 8000 bytes a second.
{
    printf 'RIFF\144\234\0\0WAVEfmt \20\0\0\0\1\0\1\0\100\37\0\0\100\37\0\0\1\0\10\0data\100\234\0\0'
    LC_ALL=C awk 'BEGIN { for (i = 0; i < 40000; ++i) printf "%c", 128 + int(90 * sin(i * 440 / 8000 * 6.283185)) }'
} >clips/tone.wav
if command -v ffmpeg >/dev/null; then
    ffmpeg -y -loglevel error -f lavfi -i testsrc2=duration=10 -f lavfi -i sine=duration=10 -pix_fmt yuv420p \
        -fflags +bitexact -movflags +faststart clips/clip.mp4 </dev/null
else
    echo 'no ffmpeg, so no clips/clip.mp4: play clips/tone.wav instead' >&2
fi
