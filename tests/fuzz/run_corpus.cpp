// SPDX-License-Identifier: MIT
//
// Stands in for libFuzzer where the compiler has none: runs a target on each file of the folders
// that are named. Options, which begin with '-', are libFuzzer's and mean nothing here.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/fuzz.hpp"

namespace {

void run(const std::filesystem::path& path) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // the last line names the file that a target has stumbled over
    std::ifstream file(path, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
}

}  // namespace

int main(int argc, char** argv) {
    int files = 0;
    for (int i = 1; i < argc; ++i) {
        if (argv[i][0] == '-') continue;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            run(entry.path());
            ++files;
        }
    }
    return files > 0 ? 0 : 1;
}
