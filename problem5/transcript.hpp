// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/file_descriptor.hpp"

namespace netlab::problem5 {

// What both have said, as "NAME: text" lines at the end of a file: raw, and the same at both ends.
// Over UDP a name may arrive after the first messages; so lines are held back until it is settled
// who says them.
class Transcript {
  public:
    enum class Speaker { we, peer };

    // An empty path: nothing is written anywhere. Throws SystemError.
    explicit Transcript(const std::string& path);

    // A new dialogue, between speakers of these names.
    void begin(std::string own_name, std::string peer_name);
    void set_peer_name(std::string name) { peer_name_ = std::move(name); }

    void add(Speaker speaker, std::string_view text);
    // The names do not change any more: what was held back may be written, and what comes as well.
    void settle();
    // Nobody has heard what was held back.
    void discard() { held_back_.clear(); }

    // Writes what may be written. Throws SystemError ("write talk.txt: No space left on device").
    void flush();

  private:
    std::string path_;
    FileDescriptor file_;
    std::string own_name_;
    std::string peer_name_;
    bool settled_ = false;
    std::vector<std::pair<Speaker, std::string>> held_back_;
    std::string unwritten_;
};

}  // namespace netlab::problem5
