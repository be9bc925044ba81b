// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::problem2 {

// A shared folder with some files in it.
class Problem2Server : public ::testing::Test {
  protected:
    Problem2Server() {
        std::filesystem::create_directory(root_ / "lab");
        testing::write_file(root_ / "notes.txt", kNotes);
        testing::write_file(root_ / "lab/numbers.txt", "1\n2\n3\n");
        testing::write_file(root_ / "empty", "");
        testing::write_file(root_ / "long.bin", long_);
        testing::write_file(root_ / "short.bin", short_);
    }

    testing::Argv options(const testing::Argv& more = {}) const {
        testing::Argv all{"--root", root_.path()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    static constexpr const char* kNotes = "Name a file,\nget a file.\n";
    const std::string long_ = testing::random_bytes(300'000, 1);
    const std::string short_ = testing::random_bytes(1'000, 2);
    testing::TempDir root_;
};

}  // namespace netlab::problem2
