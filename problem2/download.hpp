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
    std::string output;                   // or else: the path of the one file, or of a device
    bool resume = false;                  // go on from NAME.part
    bool verify = false;                  // compare checksums at the end
};

struct DownloadResult {
    std::uint64_t size = 0;      // of the file
    std::uint64_t received = 0;  // of it, by this download
    TimePoint first_byte{};      // when the server's OK came
    TimePoint finished{};        // when the last byte had come
    bool verified = false;
    bool on_stdout = false;  // --output is where stdout goes
};

// Told of each piece: how many bytes have come, or (before the first) how many will; that again if
// the download starts again.
struct Observer {
    std::function<void(std::uint64_t bytes)> expected;
    std::function<void(std::uint64_t bytes)> received;
};

// Downloads one file. It appears under its own name only when it is complete, and verified if
// that is asked for; until then, and after a failure, it is NAME.part. One that is continued is
// always verified, and starts again from 0 if the .part was not its beginning (`note` is told).
// An --output that is no regular file, a device or a FIFO, gets the bytes as they come.
// Throws Refused, what Connection throws, and what AtomicFile throws.
DownloadResult download(Connection& connection, const std::string& name,
                        const DownloadOptions& options, const Observer& observer,
                        const std::function<void(const std::string&)>& note);

}  // namespace netlab::problem2
