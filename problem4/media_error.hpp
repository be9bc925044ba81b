// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace netlab::problem4 {

// This file cannot be streamed; what() says why and what to do. It does not name the file.
class MediaError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace netlab::problem4
