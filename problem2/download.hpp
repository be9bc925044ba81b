// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/time.hpp"
#include "problem2/connection.hpp"

namespace netlab::problem2 {

struct DownloadOptions {
    std::string directory = "downloads";  // files keep the server's folders below it
    std::string output;                   // or else the path of the one file, or of a device
    bool resume = false;                  // continue NAME.part
    bool verify = false;                  // compare checksums at the end
};

struct DownloadResult {
    std::uint64_t size = 0;      // of the file
    std::uint64_t received = 0;  // of it, by this download
    TimePoint finished{};        // when the last byte had come
    bool verified = false;
    bool on_stdout = false;  // --output is where stdout goes
};

// What download() tells its caller meanwhile.
struct Observer {
    std::function<void(std::uint64_t bytes)> on_start;  // so many will come
    std::function<void(std::uint64_t bytes)> on_piece;
    std::function<void(const std::string& why)> on_restart;  // on_start follows
};

// Downloads one file. It gets its own name when it is complete, and verified if that is asked for;
// until then, and after a failure, it is NAME.part. A continued download is always verified, and
// starts again from 0 if the .part was not the file's beginning. An --output that is a device or a
// FIFO gets the bytes as they come. Throws Refused, and what Connection and AtomicFile throw.
DownloadResult download(Connection& connection, const std::string& name,
                        const DownloadOptions& options, const Observer& observer);

}  // namespace netlab::problem2
