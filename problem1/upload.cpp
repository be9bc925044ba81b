// SPDX-License-Identifier: MIT
#include "problem1/upload.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/error.hpp"
#include "common/summary.hpp"
#include "common/terminal.hpp"

namespace netlab::problem1 {

namespace {

constexpr std::size_t kWriteSize = 1024 * 1024;

}  // namespace

Upload::Upload(const ReceiveOptions& options, const Frame& start)
    : options_(options), transfer_(start.transfer) {
    try {
        begin(start);
    } catch (const std::exception& error) {
        fail(ErrorInfo::Code::refused, error.what());
    }
}

void Upload::begin(const Frame& start) {
    info_ = StartInfo::decode(start.payload);
    if (info_.chunk_size == 0) throw ProtocolError("lines are sent over UDP only");
    const bool resume = info_.has(StartInfo::kResume);
    file_ = open_announced(info_, options_,
                           resume ? AtomicFile::Start::keep_part : AtomicFile::Start::from_scratch);

    // Whole chunks only; and what is longer than the file cannot be its beginning.
    const std::uint64_t part = file_->size();
    if (part == info_.file_size) {
        first_offset_ = part;
    } else if (part < info_.file_size) {
        first_offset_ = part / info_.chunk_size * info_.chunk_size;
    }
    file_->truncate(first_offset_);
    written_ = first_offset_;
    chunks_.emplace(info_.file_size, info_.chunk_size);
    const std::uint64_t done = FixedChunks(first_offset_, info_.chunk_size).count();
    window_.emplace(done + 1, info_.window);
}

void Upload::handle(const Frame& frame, FrameStream& replies) {
    try {
        if (state_ == State::receiving) {
            if (frame.type == FrameType::data) return on_data(frame, replies);
            if (frame.type == FrameType::end) on_end(frame, replies);
        }
    } catch (const std::exception& error) {
        fail(ErrorInfo::Code::failed, error.what());
    }

    // The last word is said again as often as it is asked for: it may have been lost.
    if (state_ == State::failed) {
        replies.queue({FrameType::error, transfer_, frame.sequence, error_.encode()});
    } else if (state_ == State::done && frame.type == FrameType::end) {
        replies.queue({FrameType::done, transfer_, frame.sequence, {}});
    } else if (state_ == State::receiving && frame.type == FrameType::start) {
        replies.queue({FrameType::accept, transfer_, 0, encode_offset(first_offset_)});
    }
}

void Upload::on_data(const Frame& frame, FrameStream& replies) {
    if (frame.sequence == 0 || frame.sequence > chunks_->count() ||
        frame.payload.size() != chunks_->range(frame.sequence).length) {
        throw ProtocolError("DATA that is no chunk of this file");
    }
    const auto arrival = window_->accept(frame.sequence, frame.payload, [this](Bytes chunk) {
        buffer_.insert(buffer_.end(), chunk.begin(), chunk.end());
    });
    if (arrival == ReceiveWindow::Arrival::beyond_window) {
        throw ProtocolError("DATA beyond the window");
    }
    if (arrival == ReceiveWindow::Arrival::duplicate) ++duplicates_;
    if (buffer_.size() >= kWriteSize) write_buffer();
    replies.queue({FrameType::ack, transfer_, frame.sequence, {}});
}

void Upload::on_end(const Frame& frame, FrameStream& replies) {
    if (window_->next() != chunks_->count() + 1) throw ProtocolError("END before the last chunk");
    const EndInfo end = EndInfo::decode(frame.payload);

    // Making gigabytes durable can take longer than any timeout: say first that END has arrived.
    replies.queue({FrameType::ack, transfer_, frame.sequence, {}});
    replies.flush();

    write_buffer();
    const std::uint32_t crc = first_offset_ == 0 ? crc_.value() : file_->crc();
    if (crc != end.crc) {
        repeat_ = first_offset_ > 0;
        return fail(ErrorInfo::Code::wrong_checksum, "the checksum of the file is wrong");
    }
    file_->commit(!options_.no_overwrite);
    file_.reset();
    state_ = State::done;
    elapsed_ = Clock::now() - started_;
}

void Upload::write_buffer() {
    crc_.update(buffer_);
    file_->write_at(buffer_, written_);
    written_ += buffer_.size();
    buffer_.clear();
}

void Upload::write_pending() noexcept {
    if (state_ != State::receiving || buffer_.empty()) return;
    try {
        write_buffer();
    } catch (const std::exception& error) {
        fail(ErrorInfo::Code::failed, error.what());
    }
}

void Upload::fail(ErrorInfo::Code code, const std::string& reason) noexcept {
    state_ = State::failed;
    error_ = {code, reason};
    file_.reset();  // unlocks the .part
    elapsed_ = Clock::now() - started_;
}

std::string Upload::report() const {
    const std::string name = escaped(info_.name);
    if (state_ == State::done) {
        return Summary{"received " + name, info_.file_size, chunks_->count(),
                       std::to_string(duplicates_) + " duplicates", elapsed_}
            .line();
    }
    std::string text = (name.empty() ? "transfer" : name) + ": ";
    text += state_ == State::failed ? escaped(error_.reason) : "incomplete";
    if (!chunks_) return text + "\n";
    return text + ": " + std::to_string(written_) + " of " + std::to_string(info_.file_size) +
           " bytes are kept in " + name + ".part\n";
}

}  // namespace netlab::problem1
