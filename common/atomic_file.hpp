// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "common/file_descriptor.hpp"
#include "common/io.hpp"

namespace netlab {

// The file is there under its name, but a crash of the machine may still lose that.
struct NotDurable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A file that appears under its name only when it is complete: written as NAME.part beside it,
// fsynced, then renamed. What was not committed stays as NAME.part. The .part is locked (flock(2))
// while it is written, so that a second transfer of the same name is refused and not interleaved.
// Not thread-safe.
class AtomicFile {
  public:
    // scattered: empties it too, for bytes that come in any order, with holes. Such a .part cannot
    // be continued, and any later attempt replaces it; it never replaces one that can be.
    enum class Start { from_scratch, keep_part, scattered };

    // Makes `directory` if it is missing; keeps or empties a NAME.part of an earlier attempt.
    // Throws SystemError; std::runtime_error "another transfer of NAME is under way", or, if a
    // device, FIFO, socket or link of that name would be replaced, "NAME is not a regular
    // file", or "NAME.part is of an upload that can be resumed".
    AtomicFile(const std::string& directory, const std::string& name, Start start);

    // Writes at any offset. Throws SystemError ("write notes.txt.part: No space left on device"),
    // as the next three do.
    void write_at(Bytes bytes, std::uint64_t offset);
    [[nodiscard]] std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const;
    [[nodiscard]] std::uint64_t size() const;
    void truncate(std::uint64_t size);

    // Whether a file of this name is in the directory now.
    [[nodiscard]] static bool exists(const std::string& directory, const std::string& name);

    // Removes NAME.part if nothing has been written to it.
    void discard_if_empty() noexcept;

    // Makes the content durable, then visible under its name. With `overwrite` false, an existing
    // file of that name is left as it is, and SystemError (EEXIST) thrown. fsync(2) of the file and
    // then of the directory: without the second, a crash can lose the new name (NotDurable if it
    // fails). std::runtime_error if the .part has been replaced meanwhile, or if the file system
    // cannot keep an existing file (it has no links).
    void commit(bool overwrite);

    [[nodiscard]] const std::string& part_name() const noexcept { return part_name_; }

  private:
    [[nodiscard]] bool still_named() const;
    void refuse_special() const;
    void mark(bool scattered);
    void rename_to_unused_name();

    std::string name_;
    std::string part_name_;
    FileDescriptor directory_;
    FileDescriptor file_;
};

}  // namespace netlab
