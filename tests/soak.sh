#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All servers under mixed load and faults; memory, threads and descriptors must be flat.
#
#     tests/soak.sh [--minutes 1] [--seed N]
#
# Half a minute of it is a test, which only runs when asked for: ctest --test-dir build -C soak -L soak
set -euo pipefail
exec "$(dirname "$0")/faults/run.sh" soak.py "$@"
