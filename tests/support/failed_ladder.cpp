// SPDX-License-Identifier: MIT
#include "tests/support/failed_ladder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <mutex>

#include "tests/support/files.hpp"
#include "tests/support/programs.hpp"

namespace netlab::testing {

namespace {

// The traces of the test that runs.
class Traces : public ::testing::EmptyTestEventListener {
  public:
    std::string next_file() {
        const std::scoped_lock lock(mutex_);
        files_.push_back(folder_ / (std::to_string(files_.size()) + ".jsonl"));
        return files_.back();
    }

    void OnTestEnd(const ::testing::TestInfo& test) override {
        Argv view{program("common/trace_view")};
        {
            const std::scoped_lock lock(mutex_);
            for (const std::string& file : files_) {
                if (::access(file.c_str(), R_OK) == 0) view.push_back(file);
            }
            files_.clear();
        }
        if (!test.result()->Failed() || view.size() == 1) return;
        try {
            const Finished shown = run(view);
            std::cout << shown.out << shown.err;
        } catch (const std::exception& error) {
            std::cout << error.what() << '\n';
        }
    }

  private:
    TempDir folder_;
    std::mutex mutex_;
    std::vector<std::string> files_;  // guarded by mutex_
};

}  // namespace

Argv with_trace(Argv argv) {
    const bool ours = argv.at(0).starts_with(program("problem"));
    if (!ours || ::getenv("NETLAB_LADDER") == nullptr) return argv;
    static Traces* const traces = [] {
        auto* const made = new Traces;  // the listeners own it
        ::testing::UnitTest::GetInstance()->listeners().Append(made);
        return made;
    }();
    argv.insert(argv.begin() + 1, {"--trace-file", traces->next_file()});
    return argv;
}

}  // namespace netlab::testing
