// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "problem1/frame.hpp"

namespace netlab::problem1 {

// What a machine has sent since the last look, in words.
class RecordingSink : public FrameSink {
  public:
    void send(const Frame& frame) override { sent_.push_back(describe(frame)); }
    void note(const std::string& text) override { sent_.push_back(text); }

    std::vector<std::string> take() { return std::exchange(sent_, {}); }

  private:
    std::vector<std::string> sent_;
};

using Lines = std::vector<std::string>;

}  // namespace netlab::problem1
