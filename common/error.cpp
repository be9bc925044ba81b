// SPDX-License-Identifier: MIT
#include "common/error.hpp"

#include <system_error>

namespace netlab {

SystemError::SystemError(const std::string& call, const std::string& subject, int code)
    : std::runtime_error(call + (subject.empty() ? "" : " " + subject) + ": " + error_text(code)),
      code_(code) {}

std::string error_text(int code) {
    return std::generic_category().message(code);
}

}  // namespace netlab
