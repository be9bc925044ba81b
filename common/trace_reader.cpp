// SPDX-License-Identifier: MIT
#include "common/trace_reader.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace netlab {

namespace {

void append_utf8(std::string& out, unsigned code) {
    const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    put(code < 0x800 ? 0xC0 | code >> 6 : 0xE0 | code >> 12);
    if (code >= 0x800) put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
}

// A flat JSON object, from left to right. Each function is false at what is none.
class JsonReader {
  public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    bool take(char c) {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool string(std::string& out) {
        if (!take('"')) return false;
        while (!text_.empty()) {
            const char c = text_.front();
            text_.remove_prefix(1);
            if (c == '"') return true;
            if (static_cast<unsigned char>(c) < ' ' || (c == '\\' && !escape(out))) return false;
            if (c != '\\') out += c;
        }
        return false;
    }

    bool field(TraceRecord::Field& out) {
        if (!string(out.key) || !take(':')) return false;
        if (string(out.value)) return true;
        const std::size_t end = text_.find_first_not_of("+-.0123456789eE");
        out.value = text_.substr(0, end);
        out.number = true;
        text_.remove_prefix(out.value.size());
        double parsed = 0;
        const char* const last = out.value.data() + out.value.size();
        const auto result = std::from_chars(out.value.data(), last, parsed);
        return result.ec == std::errc() && result.ptr == last;
    }

    [[nodiscard]] bool at_end() const { return text_.empty(); }

  private:
    bool escape(std::string& out) {
        constexpr std::string_view kFrom = "\"\\/bfnrt";
        constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
        if (text_.empty()) return false;
        const char c = text_.front();
        text_.remove_prefix(1);
        if (const std::size_t at = kFrom.find(c); at != kFrom.npos) {
            out += kTo[at];
            return true;
        }
        unsigned code = 0;
        if (c != 'u' || text_.size() < 4) return false;
        const auto result = std::from_chars(text_.data(), text_.data() + 4, code, 16);
        if (result.ptr != text_.data() + 4) return false;
        append_utf8(out, code);
        text_.remove_prefix(4);
        return true;
    }

    std::string_view text_;
};

}  // namespace

std::optional<TraceRecord> parse_trace(std::string_view json) {
    TraceRecord record;
    JsonReader in(json);
    if (!in.take('{')) return std::nullopt;
    do {
        TraceRecord::Field field;
        if (!in.field(field)) return std::nullopt;
        const std::pair<std::string_view, std::string*> known[] = {{"end", &record.end},
                                                                   {"peer", &record.peer},
                                                                   {"dir", &record.dir},
                                                                   {"type", &record.type},
                                                                   {"fate", &record.fate}};
        const auto* const place = std::find_if(std::begin(known), std::end(known), [&](auto& one) {
            return one.first == field.key && !field.number;
        });
        if (place != std::end(known)) {
            *place->second = std::move(field.value);
        } else if (field.key == "t" && field.number) {
            const char* const last = field.value.data() + field.value.size();
            if (std::from_chars(field.value.data(), last, record.t).ptr != last) {
                return std::nullopt;
            }
        } else {
            record.fields.push_back(std::move(field));
        }
    } while (in.take(','));
    if (!in.take('}') || !in.at_end() || record.dir.empty()) return std::nullopt;
    return record;
}

}  // namespace netlab
