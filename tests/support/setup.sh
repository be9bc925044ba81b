# SPDX-License-Identifier: MIT
# Sourced by tests/run.sh, tests/demo.sh and .ci/run: installs what is missing, and builds.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Runs a command as root: as it is for root, else through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "this needs root rights, and there is no sudo: run as root: $*" >&2
        return 1
    fi
}

# install DEBIAN_PACKAGES FEDORA_PACKAGES ARCH_PACKAGES HOMEBREW_PACKAGES
install() {
    if command -v apt-get >/dev/null; then
        as_root apt-get update -q &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $1
    elif command -v dnf >/dev/null; then
        as_root dnf install -y $2
    elif command -v pacman >/dev/null; then
        as_root pacman -S --needed --noconfirm $3
    elif command -v brew >/dev/null; then
        brew install $4
    else
        echo "cannot install packages here: please install a C++20 compiler, CMake 3.22 or newer," \
             "make and GoogleTest" >&2
        return 1
    fi
}

have_googletest() {
    [ -e /usr/include/gtest/gtest.h ] || [ -e /usr/local/include/gtest/gtest.h ] ||
        [ -e /opt/homebrew/include/gtest/gtest.h ]
}

have_cmake() {
    command -v cmake >/dev/null &&
        [ "$(printf '%s\n' 3.22 "$(cmake --version | sed -n '1s/[^0-9]*//p')" | sort -V | head -1)" = 3.22 ]
}

install_build_tools() {
    if ! command -v c++ >/dev/null || ! command -v make >/dev/null || ! have_cmake; then
        install 'g++ make cmake' 'gcc-c++ make cmake' 'gcc make cmake' 'cmake make' || return
    fi
}

install_test_tools() {
    install_build_tools || return
    have_googletest || install 'libgtest-dev' 'gtest-devel' 'gtest' 'googletest' || return
    install_python || return
    install_players
    install_tshark
}

# What tests/grade.sh is written in; no modules beside its own.
install_python() {
    command -v python3 >/dev/null || install 'python3' 'python3' 'python' 'python'
}

# What problem 4 makes its clips with and plays them in. Its tests skip what is not there.
install_players() {
    if ! command -v ffmpeg >/dev/null || ! command -v ffplay >/dev/null || ! command -v mpv >/dev/null; then
        install 'ffmpeg mpv' 'ffmpeg-free mpv' 'ffmpeg mpv' 'ffmpeg mpv' ||
            echo "without ffmpeg, ffplay and mpv: some tests of problem 4 are skipped" >&2
    fi
}

# What shows that the dissectors of common/wireshark are right. Its tests skip without it.
install_tshark() {
    if ! command -v tshark >/dev/null; then
        install 'tshark' 'wireshark-cli' 'wireshark-cli' 'wireshark' ||
            echo "without tshark: the tests of the Wireshark dissectors are skipped" >&2
    fi
}

# build DIRECTORY TARGET [CMAKE_OPTION...]: a new directory with Ninja and a fast linker if they are there
# (it warns of what clang's sanitizers export), and several sources to a run of the compiler, which takes half
# the time.
build() {
    local directory=$1 target=$2
    shift 2
    if [ ! -e "$directory/CMakeCache.txt" ]; then
        set -- -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=16 "$@"
        ! command -v ninja >/dev/null || set -- -G Ninja "$@"
        [[ $* = *clang* ]] || ! command -v ld.gold >/dev/null || set -- -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=gold "$@"
    fi
    cmake -S "$repository" -B "$directory" "$@" &&
        cmake --build "$directory" --target "$target" --parallel "$(getconf _NPROCESSORS_ONLN)"
}
