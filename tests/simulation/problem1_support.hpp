// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>

#include "problem1/frame_channel.hpp"
#include "problem1/source.hpp"
#include "problem1/storage.hpp"
#include "tests/simulation/simulation.hpp"

// Problem 1 without sockets and disks: files in memory, frames through a simulated network.

namespace netlab::simulation {

inline const Network::Protocol kFrames{
    .describe =
        [](Bytes message) {
            const auto frame = problem1::decode_datagram(message);
            return frame ? problem1::describe(*frame) : std::string("(no intact frame)");
        },
    .corruptible_from = problem1::kHeaderSize,
};

// The content of a file: the same for the same seed, with a newline now and then.
std::string make_content(std::size_t size, std::uint64_t seed);

class MemorySource final : public problem1::Source {
  public:
    MemorySource(std::string name, std::string content)
        : name_(std::move(name)), content_(std::move(content)) {}
    [[nodiscard]] std::uint64_t size() const override { return content_.size(); }
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] Bytes read(ByteRange range) override {
        return as_bytes(content_).subspan(range.offset, range.length);
    }
    [[nodiscard]] std::uint32_t crc() override { return crc32c(as_bytes(content_)); }
    [[nodiscard]] const std::string& content() const noexcept { return content_; }

  private:
    std::string name_;
    std::string content_;
};

// Files that are being received, and those that are complete.
class MemoryStorage final : public problem1::Storage {
  public:
    explicit MemoryStorage(bool in_order) : in_order_(in_order) {}
    [[nodiscard]] std::unique_ptr<problem1::StoredFile> open(const problem1::StartInfo& info,
                                                             bool keep_part) override;

    std::map<std::string, std::string> parts;
    std::map<std::string, std::string> files;
    std::map<std::string, int> commits;  // how often a file of that name was completed

  private:
    bool in_order_;  // TCP promises that a part is always a prefix
};

// Puts frames on the network, and counts them.
class NetworkSink : public problem1::FrameSink {
  public:
    NetworkSink(Network& network, End end) : network_(network), end_(end) {}
    void send(const problem1::Frame& frame) override {
        ++sent_;
        network_.send(end_, problem1::encoded(frame));
    }
    void note(const std::string& text) override {
        ++notes_;
        if (text.starts_with("timeout")) ++timeouts_;
        network_.note(end_, text);
    }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    // Timers that have fired, and those among them behind which may be a loss.
    [[nodiscard]] std::uint64_t notes() const noexcept { return notes_; }
    [[nodiscard]] std::uint64_t timeouts() const noexcept { return timeouts_; }

  private:
    Network& network_;
    End end_;
    std::uint64_t sent_ = 0;
    std::uint64_t notes_ = 0;
    std::uint64_t timeouts_ = 0;
};

}  // namespace netlab::simulation
