// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "common/cli.hpp"
#include "problem1/storage.hpp"

namespace netlab::problem1 {

// What both servers of this problem are told about the files that they receive.
struct ReceiveOptions {
    std::string directory = "received";
    std::uint64_t max_size = std::uint64_t{64} << 30;
    bool no_overwrite = false;
};

// Adds --dir, --max-size and --no-overwrite.
void add_options(CommandLine& line, ReceiveOptions& options);

// Files in a folder, made if missing: written as NAME.part, and renamed at the end. If their bytes
// come `in_order`, a .part is always a prefix, which can be resumed; what has holes never replaces
// one.
class FolderStorage : public Storage {
  public:
    FolderStorage(const ReceiveOptions& options, bool in_order)
        : options_(options), in_order_(in_order) {}
    [[nodiscard]] std::unique_ptr<StoredFile> open(const StartInfo& info, bool keep_part) override;
    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return options_.directory + "/" + name;
    }

  private:
    const ReceiveOptions& options_;
    bool in_order_;
};

}  // namespace netlab::problem1
