// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::problem1 {

// One pair of this problem's programs, and a folder for what is sent and received.
class TransferTest : public ::testing::Test {
  protected:
    // `transport` is "tcp" or "udp".
    explicit TransferTest(std::string transport) : transport_(std::move(transport)) {}

    netlab::testing::Server start(netlab::testing::Argv args = {}) {
        args.insert(args.end(), {"--dir", dir / "received"});
        return netlab::testing::Server("problem1/" + transport_ + "_server", args);
    }

    [[nodiscard]] netlab::testing::Argv client(std::uint16_t port,
                                               const netlab::testing::Argv& args) const {
        netlab::testing::Argv argv{netlab::testing::program("problem1/" + transport_ + "_client"),
                                   "-p", std::to_string(port)};
        argv.insert(argv.end(), args.begin(), args.end());
        return argv;
    }

    std::string make_file(const std::string& name, std::size_t size) {
        netlab::testing::write_file(dir / name, netlab::testing::random_bytes(size, size + 1));
        return dir / name;
    }

    // Complete, byte for byte, and nothing of it left beside.
    void expect_received(const std::string& name) {
        EXPECT_TRUE(
            netlab::testing::same_bytes(netlab::testing::read_file(dir / ("received/" + name)),
                                        netlab::testing::read_file(dir / name)));
        EXPECT_FALSE(std::filesystem::exists(dir / ("received/" + name + ".part")));
    }

    netlab::testing::TempDir dir;

  private:
    std::string transport_;
};

}  // namespace netlab::problem1
