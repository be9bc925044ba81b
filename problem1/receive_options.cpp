// SPDX-License-Identifier: MIT
#include "problem1/receive_options.hpp"

#include <cerrno>
#include <stdexcept>

#include "common/file_name.hpp"

namespace netlab::problem1 {

void add_options(CommandLine& line, ReceiveOptions& options) {
    line.text("dir", "DIR", "where the files go, made if missing", options.directory);
    line.size("max-size", "largest file that is accepted", options.max_size);
    line.flag("no-overwrite", "refuse a file that exists already", options.no_overwrite);
}

AtomicFile open_announced(const StartInfo& info, const ReceiveOptions& options,
                          AtomicFile::Start start) {
    if (const auto problem = name_problem(info.name)) throw std::runtime_error(*problem);
    if (info.name.ends_with(".part")) {
        throw std::runtime_error("names that end in .part are kept for unfinished files");
    }
    if (info.file_size > options.max_size) {
        throw std::runtime_error("file of " + std::to_string(info.file_size) +
                                 " bytes; this server takes at most " +
                                 std::to_string(options.max_size));
    }
    if (options.no_overwrite && AtomicFile::exists(options.directory, info.name)) {
        throw SystemError("create", info.name, EEXIST);
    }
    return {options.directory, info.name, start};
}

}  // namespace netlab::problem1
