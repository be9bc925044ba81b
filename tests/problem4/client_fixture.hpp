// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "common/error.hpp"
#include "tests/problem4/wav_clip.hpp"
#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/udp_proxy.hpp"

namespace netlab::problem4 {

// The network of the lab's last exercise, with so much loss both ways.
inline testing::UdpProxyOptions bad_network(double loss, std::uint64_t seed = 1) {
    const testing::Faults faults{.loss = loss,
                                 .duplicate = 0.02,
                                 .reorder = 0.02,
                                 .delay = milliseconds(20),
                                 .jitter = milliseconds(15)};
    testing::UdpProxyOptions options;
    options.to_server = options.to_client = faults;
    options.seed = seed;
    return options;
}

// A folder with clips, and a client that is run in it.
class ClientTest : public ::testing::Test {
  protected:
    static testing::Argv client(std::uint16_t port, const testing::Argv& args) {
        testing::Argv all{testing::program("problem4/client"), "-p", std::to_string(port)};
        all.insert(all.end(), args.begin(), args.end());
        return all;
    }
    testing::Argv serve(const testing::Argv& more = {}) const {
        testing::Argv all{"--root", dir_.path()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::string quoted(const std::string& name) const { return "'" + (dir_ / name) + "'"; }

    // The number behind `label` in the statistics on stderr.
    static std::uint64_t statistic(const std::string& err, const std::string& label) {
        const auto found = testing::matching(label + " ([0-9]+)").find(err);
        if (!found) throw std::runtime_error("no '" + label + "' in: " + err);
        return std::stoull(found->groups[1]);
    }

    testing::TempDir dir_;
};

}  // namespace netlab::problem4
