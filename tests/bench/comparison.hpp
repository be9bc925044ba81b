// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/time.hpp"
#include "tests/bench/cores.hpp"

namespace netlab::bench {

// Measures once: how much per second, of whatever is compared.
using Rate = std::function<double()>;

inline double megabytes(const std::string& file) {
    return static_cast<double>(std::filesystem::file_size(file)) / 1e6;
}

inline double per_second(double amount, TimePoint start) {
    return amount / to_seconds(Clock::now() - start);
}

struct Side {
    std::string name{};
    Rate rate{};
};

struct Row {
    std::string what{};
    std::string unit{};
    Cores cores = kAnyCore;
    Rate ours{};
    Side other{};  // none: what is measured has only a goal
    std::string goal{};
    int rounds = 7;
    std::function<std::string()> remark{};  // added to `what` at the end
};

// A peer that is not there: no reason to fail.
class NotAvailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The table in Markdown.
class Table {
  public:
    Table();  // prints its head

    // Measures both sides in turns and prints the row: the medians and what they lie between, and
    // the median of the ratios of each round, since the machine's speed drifts.
    void compare(const Row& row);

    // `measure` compares; if it throws, that is told by print_notes().
    void attempt(const std::string& what, const std::function<void()>& measure);

    // What was not measured, and why. True if it is only that peers are not installed.
    [[nodiscard]] bool print_notes() const;

  private:
    std::string notes_;
    bool good_ = true;
};

}  // namespace netlab::bench
