// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace netlab {

// strerror(3) that is safe in threads.
inline std::string error_text(int code) {
    return std::generic_category().message(code);
}

// A system call failed. what() reads "connect 127.0.0.1:7101: Connection refused": the call, what
// it was applied to (may be empty) and strerror(code).
class SystemError : public std::runtime_error {
  public:
    SystemError(const std::string& call, const std::string& subject, int code = errno)
        : std::runtime_error(call + (subject.empty() ? "" : " ") + subject + ": " +
                             error_text(code)),
          code_(code) {}
    [[nodiscard]] int code() const noexcept { return code_; }

  private:
    int code_;
};

// The peer sent bytes that the protocol does not allow, or ended in the middle of a message.
struct ProtocolError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A peer, or a reader of stdout, did not do in time what was waited for.
struct TimeoutError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The command line is wrong: reported with the usage line, exit code 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Returns `result` unless it is negative; then throws SystemError for errno.
template <typename Integer>
Integer check(Integer result, const char* call, const std::string& subject = {}) {
    if (result < 0) throw SystemError(call, subject);
    return result;
}

}  // namespace netlab
