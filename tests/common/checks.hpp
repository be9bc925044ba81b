// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <exception>
#include <string>

#include "common/file_descriptor.hpp"
#include "common/time.hpp"

namespace netlab::testing {

// When the time of a test without a clock begins.
inline constexpr TimePoint kStart{seconds(1000)};

// what() of the Error that `action` throws. Anything else that it throws, or nothing, fails the
// test.
template <typename Error, typename Action>
std::string thrown(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    } catch (const std::exception& error) {
        ADD_FAILURE() << "another kind of exception: " << error.what();
        return error.what();
    }
    ADD_FAILURE() << "no exception";
    return "nothing";
}

inline bool closes_on_exec(const FileDescriptor& fd) {
    return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace netlab::testing
