// SPDX-License-Identifier: MIT
#include "problem1/upload_receiver.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include "common/error.hpp"
#include "common/summary.hpp"
#include "common/text.hpp"

namespace netlab::problem1 {

void UploadReceiver::on_frame(const Frame& frame, TimePoint now, FrameSink& replies) {
    if (current_ && current_->id == frame.transfer) {
        try {
            return on_current(frame, replies);
        } catch (const std::exception& error) {
            fail({ErrorInfo::Code::failed, error.what()}, now);  // the reply is given below
        }
    }
    if (const FinalReply* reply = finished_.find(frame.transfer, now)) {
        answer_again(frame, *reply, replies);
    } else if (frame.type == FrameType::start) {
        begin(frame, now, replies);
    }  // else an echo of something that is long forgotten
}

void UploadReceiver::on_current(const Frame& frame, FrameSink& replies) {
    if (frame.type == FrameType::data) {
        on_data(frame, replies);
    } else if (frame.type == FrameType::start) {
        replies.send({FrameType::accept, frame.transfer, 0, encode_offset(current_->offset)});
    } else if (frame.type == FrameType::end && current_->window.complete()) {
        // (A client that sends END before its last ACK has to send it again; ours never sends END
        // so early.)
        current_->crc = EndInfo::decode(frame.payload).crc;
        // Making gigabytes durable takes longer than any timeout: say first that END has arrived.
        replies.send({FrameType::ack, frame.transfer, current_->info.chunk_count + 1, {}});
    }
}

void UploadReceiver::begin(const Frame& start, TimePoint now, FrameSink& replies) {
    close(now);
    StartInfo info;
    try {
        if (start.transfer == 0) throw ProtocolError("0 is the number of no transfer");
        info = StartInfo::decode(start.payload);
        if (info.has(StartInfo::kLines)) throw ProtocolError("lines are sent over UDP only");
        auto upload = storage_(info);
        const std::uint64_t offset = upload->size();
        current_ = Transfer{
            .id = start.transfer,
            .info = info,
            .offset = offset,
            .window = {info, FixedChunks(offset, info.chunk_size).count() + 1},
            .upload = std::move(upload),
            .started = now,
        };
        on_current(start, replies);
    } catch (const std::exception& error) {
        const FinalReply reply{.error = ErrorInfo{ErrorInfo::Code::refused, error.what()}};
        const std::string name = info.name.empty() ? "transfer" : escaped(info.name);
        const std::string line = name + ": " + escaped(error.what()) + "\n";
        if (start.transfer != 0) {
            conclude(start.transfer, reply, Outcome::incomplete, line, now);
        }
        answer_again(start, reply, replies);
    }
}

void UploadReceiver::on_data(const Frame& frame, FrameSink& replies) {
    Transfer& transfer = *current_;
    if (frame.sequence == 0 || frame.sequence > transfer.info.chunk_count ||
        frame.payload.size() != transfer.info.chunks().range(frame.sequence).length) {
        throw ProtocolError("DATA that is no chunk of this file");
    }
    const auto arrival = transfer.window.on_chunk(
        frame.sequence, frame.payload,
        [&](Bytes chunk, std::uint64_t offset) { transfer.upload->write(chunk, offset); });
    // Not kept, since it needs more memory than was agreed on, and so not acknowledged: the client
    // sends it again when the window has moved on. One that keeps to its window never gets here.
    if (arrival == ReceiveWindow::Arrival::beyond_window) return;
    // A duplicate is acknowledged again: the client sends it because the first ACK was lost, or
    // late.
    if (arrival == ReceiveWindow::Arrival::duplicate) ++transfer.duplicates;
    replies.send({FrameType::ack, transfer.id, frame.sequence, {}});
}

void UploadReceiver::commit(TimePoint now, FrameSink& replies) {
    const std::uint32_t transfer = current_->id;
    const std::uint64_t end = current_->info.chunk_count + 1;
    if (const auto error = current_->upload->commit(*current_->crc)) {
        fail(*error, now);
        return replies.send({FrameType::error, transfer, end, error->encode()});
    }
    const StartInfo& info = current_->info;
    const Summary summary{"received " + escaped(info.name),
                          info.file_size,
                          info.chunk_count,
                          show_count(current_->duplicates, "duplicate"),
                          now - current_->started,
                          escaped(current_->upload->path())};
    conclude(transfer, {.offset = current_->offset}, Outcome::complete, summary.line(), now);
    replies.send({FrameType::done, transfer, end, {}});
}

void UploadReceiver::flush(TimePoint now) {
    if (!current_) return;
    try {
        current_->upload->flush();
    } catch (const std::exception& error) {
        fail({ErrorInfo::Code::failed, error.what()}, now);
    }
}

bool UploadReceiver::close(TimePoint now, const std::string& why) {
    if (!current_) return false;
    fail({ErrorInfo::Code::failed, why}, now);
    return true;
}

void UploadReceiver::fail(const ErrorInfo& error, TimePoint now) {
    const bool starts_over = error.code == ErrorInfo::Code::wrong_checksum && current_->offset > 0;
    const std::string name = escaped(current_->info.name);
    std::string line = name + ": " + escaped(error.reason);
    if (const std::uint64_t kept = current_->upload->keep(); kept > 0) {
        line += ": " + std::to_string(kept) + " of " + std::to_string(current_->info.file_size) +
                " bytes are kept in " + escaped(current_->upload->path()) +
                (starts_over ? ".part" : ".part for --resume");
    }
    const Outcome outcome = starts_over ? Outcome::starts_over : Outcome::incomplete;
    conclude(current_->id, {.error = error}, outcome, line + "\n", now);
}

void UploadReceiver::conclude(std::uint32_t transfer, const FinalReply& reply, Outcome outcome,
                              const std::string& line, TimePoint now) {
    finished_.remember(transfer, reply, now);
    current_.reset();
    on_report_(outcome, line);
}

// The first answer was lost, or the frame came late: neither begins anything.
void UploadReceiver::answer_again(const Frame& frame, const FinalReply& reply,
                                  FrameSink& replies) const {
    const auto answer = [&](FrameType type, const std::vector<std::byte>& payload) {
        replies.send({type, frame.transfer, frame.sequence, payload});
    };
    const bool asks = frame.type == FrameType::start || frame.type == FrameType::data ||
                      frame.type == FrameType::end;
    if (!asks) return;
    if (reply.error) return answer(FrameType::error, reply.error->encode());
    if (frame.type == FrameType::start) {
        return answer(FrameType::accept, encode_offset(reply.offset));
    }
    answer(FrameType::ack, {});
    if (frame.type == FrameType::end) answer(FrameType::done, {});
}

}  // namespace netlab::problem1
