// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace netlab {

// A line of --trace-file, which trace_reader.hpp reads again. README.md ("Seeing the protocol")
// describes it.
struct TraceRecord {
    struct Field {
        std::string key;
        std::string value;
        bool number = false;
        friend bool operator==(const Field&, const Field&) = default;
    };

    // Takes apart what --trace shows: "DATA seq=7 len=100". The first word is the type if it is in
    // capitals (of a note, in any case); else the type is TEXT. A word key=value is a field, and
    // one that comes again is joined to the first by a comma; `name` has all that follows. What is
    // left is the field "text". A field `peer` becomes `peer`.
    static TraceRecord describe(std::string_view dir, std::string_view message);

    // Without a newline. `end`, `peer` and `dir` are always there, `fate` only if there is one.
    [[nodiscard]] std::string to_json() const;

    // The message again: "DATA seq=7 len=100".
    [[nodiscard]] std::string message() const;

    // nullptr if there is no such field.
    [[nodiscard]] const std::string* find(std::string_view key) const;

    std::int64_t t = 0;  // Clock, in nanoseconds
    std::string end;     // "client", "server"
    std::string peer;    // "127.0.0.1:7101"; empty if unknown
    std::string dir;     // "out", "in", "note"
    std::string type;
    std::vector<Field> fields;
    std::string fate;  // what --impair has done to it; empty: nothing
};

}  // namespace netlab
