// SPDX-License-Identifier: MIT
#include "problem5/transcript.hpp"

#include <fcntl.h>

#include "common/io.hpp"

namespace netlab::problem5 {

Transcript::Transcript(const std::string& path) : path_(path) {
    if (!path.empty()) file_ = open_file(path, O_WRONLY | O_CREAT | O_APPEND);
}

void Transcript::begin(std::string own_name, std::string peer_name) {
    own_name_ = std::move(own_name);
    peer_name_ = std::move(peer_name);
    settled_ = false;
}

void Transcript::add(Speaker speaker, std::string_view text) {
    if (!file_.valid()) return;
    held_back_.emplace_back(speaker, text);
    if (settled_) settle();
}

void Transcript::settle() {
    settled_ = true;
    for (const auto& [speaker, text] : held_back_) {
        unwritten_ += speaker == Speaker::we ? own_name_ : peer_name_;
        unwritten_ += ": ";
        unwritten_ += text;
        unwritten_ += '\n';
    }
    held_back_.clear();
}

void Transcript::flush() {
    if (unwritten_.empty()) return;
    write_all(file_.get(), as_bytes(std::exchange(unwritten_, {})), path_);
}

}  // namespace netlab::problem5
