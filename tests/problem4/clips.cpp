// SPDX-License-Identifier: MIT
#include "tests/problem4/clips.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

#include "common/checksum.hpp"
#include "common/error.hpp"
#include "common/file_descriptor.hpp"
#include "tests/support/subprocess.hpp"

namespace netlab::problem4 {

namespace fs = std::filesystem;
using testing::Argv;

namespace {

const Argv kPicture{"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"};
const Argv kTone{"-f", "lavfi", "-i", "sine=frequency=440"};
const Argv kH264{"-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p"};
const Argv kAac{"-c:a", "aac"};

Argv operator+(Argv left, const Argv& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// What ffmpeg is told, but for the name of its output.
const std::map<std::string, Argv>& recipes() {
    static const Argv film = kPicture + kTone + kH264 + kAac;
    static const Argv webm{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used",
                           "8",    "-b:v",   "300k",      "-c:a",     "libopus"};
    static const std::map<std::string, Argv> all{
        {"index_first.mp4", film + Argv{"-movflags", "+faststart"}},
        {"long.mp4", film + Argv{"-movflags", "+faststart"}},
        {"index_last.mp4", film},
        {"fragmented.mp4", film + Argv{"-movflags", "frag_keyframe+empty_moov"}},
        {"film.ts", film},
        {"film.mkv", film},
        {"film.webm", kPicture + kTone + webm},
        {"film.avi", kPicture + kTone + Argv{"-c:v", "mpeg4", "-c:a", "libmp3lame"}},
        {"tone.wav", kTone},
        {"constant.mp3", kTone + Argv{"-b:a", "128k", "-write_xing", "0"}},
        {"variable.mp3", kTone + Argv{"-q:a", "4"}},
        {"tone.ogg", kTone + Argv{"-c:a", "libvorbis"}},
        {"tone.opus", kTone + Argv{"-c:a", "libopus"}},
        {"tone.flac", kTone},
        {"tone.aac", kTone + kAac},
    };
    return all;
}

void make(const std::string& name, const Argv& recipe, const fs::path& path) {
    const std::string unfinished = path.parent_path() / ("unfinished-" + name);
    Argv argv{"ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"};
    const Duration length = name == "long.mp4" ? kLongClipLength : kClipLength;
    argv =
        argv + recipe + Argv{"-t", std::to_string(to_seconds(length)), "-threads", "1", unfinished};
    const auto made = testing::run(argv, "", seconds(60));
    if (made.code != 0) throw std::runtime_error("ffmpeg cannot make " + name + ": " + made.err);
    fs::rename(unfinished, path);
}

}  // namespace

const std::vector<std::string>& clip_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& [name, recipe] : recipes()) all.push_back(name);
        return all;
    }();
    return names;
}

std::string clip(const std::string& name) {
    const Argv& recipe = recipes().at(name);
    std::string all;
    for (const std::string& word : recipe) all.append(word).append("\n");
    // A folder for each recipe, so that a change makes a new clip.
    const fs::path folder =
        fs::path(NETLAB_CLIP_DIR) / std::to_string(crc32c(std::as_bytes(std::span(all))));
    fs::create_directories(folder);

    const FileDescriptor lock = open_file(folder / "lock", O_RDWR | O_CREAT);
    while (::flock(lock.get(), LOCK_EX) < 0) {
        if (errno != EINTR) throw SystemError("flock", folder / "lock");
    }
    const fs::path path = folder / name;
    if (!fs::exists(path)) make(name, recipe, path);
    return path;
}

bool has_duration(const std::string& name) {
    static constexpr std::string_view kUnknown[] = {"fragmented.mp4", "film.mkv", "film.webm",
                                                    "film.avi", "tone.aac"};
    return std::ranges::find(kUnknown, name) == std::end(kUnknown);
}

bool installed(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

}  // namespace netlab::problem4
