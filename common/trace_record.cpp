// SPDX-License-Identifier: MIT
#include "common/trace_record.hpp"

#include <algorithm>
#include <iterator>

#include "common/text.hpp"

namespace netlab {

namespace {

constexpr std::string_view kReserved[] = {"t", "end", "dir", "type", "fate", "text"};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kKeyLetters = "abcdefghijklmnopqrstuvwxyz_";

bool consists_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == text.npos;
}

// What JSON takes for an integer and every reader for the same one.
bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 18 && consists_of(text, kDigits) &&
           (text.size() == 1 || text[0] != '0');
}

// The key of "key=value", empty if the word has none that may be one.
std::string_view key_of(std::string_view word) {
    const std::size_t end = word.find('=');
    const std::string_view key = word.substr(0, end == word.npos ? 0 : end);
    const bool reserved = std::ranges::find(kReserved, key) != std::end(kReserved);
    return consists_of(key, kKeyLetters) && !reserved ? key : std::string_view();
}

// "2" of "2 s" is half a value (show_duration has it so).
bool has_unit(std::string_view value, std::string_view rest) {
    const std::string_view unit = rest.substr(0, rest.find(' '));
    return !value.empty() && consists_of(value.substr(value.size() - 1), kDigits) &&
           (unit == "s" || unit == "ms");
}

// The server's name for a client stands behind the name of a file, and is not a part of it.
std::string_view take_peer(std::string_view& text) {
    constexpr std::string_view kPeer = " peer=";
    const std::size_t at = text.rfind(kPeer);
    if (at == text.npos || text.find(' ', at + 1) != text.npos) return {};
    const std::string_view peer = text.substr(at + kPeer.size());
    text = text.substr(0, at);
    return peer;
}

void add_field(std::vector<TraceRecord::Field>& fields, std::string_view key,
               std::string_view value) {
    const auto same = std::ranges::find(fields, key, &TraceRecord::Field::key);
    if (same == fields.end()) {
        fields.push_back({std::string(key), std::string(value), is_number(value)});
    } else {
        (same->value += ',') += value;
        same->number = false;
    }
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : escaped(text)) {  // UTF-8, and no control characters
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

TraceRecord TraceRecord::describe(std::string_view dir, std::string_view message) {
    TraceRecord record;
    record.dir = dir;
    record.peer = take_peer(message);
    const std::string_view first = message.substr(0, message.find(' '));
    const bool capitals = first.size() > 1 && consists_of(first, kCapitals);
    record.type = capitals || dir == "note" ? take_word(message) : "TEXT";

    std::string text;
    while (!message.empty()) {
        const std::string_view rest = message;
        const std::string_view word = take_word(message);
        const std::string_view key = record.type == "TEXT" ? std::string_view() : key_of(word);
        if (key == "name") {
            add_field(record.fields, key, rest.substr(key.size() + 1));
            break;
        }
        if (key.empty()) {
            if (!text.empty()) text += ' ';
            text += word;
        } else {
            std::string value(word.substr(key.size() + 1));
            if (has_unit(value, message)) (value += ' ') += take_word(message);
            add_field(record.fields, key, value);
        }
    }
    if (!text.empty()) record.fields.push_back({"text", text});
    return record;
}

std::string TraceRecord::to_json() const {
    std::string json = "{\"t\":" + std::to_string(t) + ",\"end\":" + quoted(end) +
                       ",\"peer\":" + quoted(peer) + ",\"dir\":" + quoted(dir) +
                       ",\"type\":" + quoted(type);
    for (const Field& field : fields) {
        json += "," + quoted(field.key) + ":";
        json += field.number ? field.value : quoted(field.value);
    }
    if (!fate.empty()) json += ",\"fate\":" + quoted(fate);
    return json + "}";
}

std::string TraceRecord::message() const {
    std::string text = type == "TEXT" ? "" : type;
    for (const Field& field : fields) {
        if (!text.empty()) text += ' ';
        text += field.key == "text" ? field.value : field.key + "=" + field.value;
    }
    return text;
}

const std::string* TraceRecord::find(std::string_view key) const {
    const auto found = std::ranges::find(fields, key, &Field::key);
    return found == fields.end() ? nullptr : &found->value;
}

}  // namespace netlab
