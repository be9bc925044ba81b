// SPDX-License-Identifier: MIT
//
// Problems 5 and 6: a datagram, a line of a dialogue and a line of the big chat, both ways. What is
// understood and said again is understood as the same; any message arrives as it was typed.
#include "problem5/protocol.hpp"
#include "problem6/protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

void check_datagram(std::string_view datagram) {
    using problem5::Packet;
    const auto packet = Packet::parse(datagram);
    if (!packet) return;
    const std::string again = packet->encode();
    const auto back = Packet::parse(again);
    require(back && back->kind == packet->kind && back->number == packet->number &&
            back->text == packet->text);
    require((packet->kind == Packet::Kind::msg) != packet->text.empty());
    require(problem5::count_characters(packet->text) <= problem5::kMaxCharacters);
}

// Where a text may be a datagram's message, it arrives as it is.
void check_datagram_message(std::string_view text) {
    if (text.empty() || problem5::validate_text(text)) return;
    const std::string datagram = problem5::Packet{problem5::Packet::Kind::msg, 7, text}.encode();
    const auto packet = problem5::Packet::parse(datagram);
    require(packet && packet->number == 7 && packet->text == text);
}

void check_message_of_a_dialogue(std::string_view text) {
    static_cast<void>(problem5::parse_line(text));
    if (text.empty() || problem5::validate_line(text)) return;
    std::string line = problem5::encode_message(text);
    require(line.ends_with('\n'));
    line.pop_back();
    const auto parsed = problem5::parse_line(line);
    require(parsed && parsed->kind == problem5::PeerEvent::Kind::message && parsed->text == text);
}

void check_message_to_many(std::string_view text) {
    using namespace problem6;
    static_cast<void>(parse_client_line(text));
    static_cast<void>(parse_server_line(text));
    const std::string line = encode_message(text);
    const ServerLine reply = parse_server_line(line);
    require(reply.kind == ServerLine::Kind::reply && reply.text == text);
    if (text.empty()) return;
    const ClientLine message = parse_client_line(line);
    require(message.kind == ClientLine::Kind::message && message.text == text);
}

// A name that is accepted can be said in any line of the chat and be found in it again.
void check_name(std::string_view name) {
    if (const auto problem = problem6::validate_name(name)) return require(printable(*problem));
    require(printable(name) && !name.empty() && name != problem6::kServerName);
    const std::string line = "/msg " + std::string(name) + " text";
    const auto parsed = problem6::parse_client_line(line);
    require(parsed.kind == problem6::ClientLine::Kind::private_message && parsed.name == name &&
            parsed.text == "text");
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    const std::string_view all = Input(data, size).text();
    const std::string_view line = all.substr(0, all.find('\n'));
    check_datagram(all);
    check_datagram_message(line);
    check_message_of_a_dialogue(line);
    check_message_to_many(line);
    check_name(line);
    return 0;
}
