// SPDX-License-Identifier: MIT
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "common/error.hpp"

namespace netlab {

// A std::thread that runs `work`. If there can be no more threads, throws SystemError, which names
// the call, as std::system_error does not.
template <typename Work>
std::thread start_thread(Work work) {
    try {
        return std::thread(std::move(work));
    } catch (const std::system_error& error) {
        throw SystemError("pthread_create", {}, error.code().value());
    }
}

}  // namespace netlab
