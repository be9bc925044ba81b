// SPDX-License-Identifier: MIT
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/files.hpp"
#include "tests/support/subprocess.hpp"

namespace netlab::testing {

// The dissectors of common/wireshark in tshark. Its tests are skipped if it is missing: Debian
// package tshark.
class Tshark {
  public:
    // `decode_as` tells what is on a port that the dissectors do not know: "udp.port==N,netlab1".
    Tshark(const std::string& decode_as, const std::vector<std::string>& fields);

    static bool missing() { return run({"sh", "-c", "command -v tshark"}).code != 0; }

    [[nodiscard]] Argv command(const Argv& more) const {
        Argv argv = command_;
        argv.insert(argv.end(), more.begin(), more.end());
        return argv;
    }
    [[nodiscard]] const SpawnOptions& options() const { return options_; }

    // A row a packet, in the order of the fields; if one comes several times, with commas.
    [[nodiscard]] std::vector<std::vector<std::string>> rows(const std::string& capture) const {
        const Finished done = run(command({"-2", "-r", capture}), options_, "", seconds(60));
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_EQ(done.err.find("Lua"), std::string::npos) << done.err;
        return split_rows(done.out);
    }

    static std::vector<std::vector<std::string>> split_rows(const std::string& text) {
        std::vector<std::vector<std::string>> rows;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) rows.push_back(split(line, '|'));
        return rows;
    }

    // "a||b" is three parts, one of them empty.
    static std::vector<std::string> split(const std::string& text, char separator) {
        std::vector<std::string> parts(1);
        for (const char c : text) {
            if (c == separator) {
                parts.emplace_back();
            } else {
                parts.back() += c;
            }
        }
        return parts;
    }

  private:
    TempDir home_;
    SpawnOptions options_;
    Argv command_;
};

}  // namespace netlab::testing
