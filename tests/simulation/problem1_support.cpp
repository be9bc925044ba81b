// SPDX-License-Identifier: MIT
#include "tests/simulation/problem1_support.hpp"

#include <algorithm>
#include <stdexcept>

namespace netlab::simulation {

std::string make_content(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string content(size, ' ');
    for (char& c : content) {
        const std::uint64_t drawn = random();
        c = drawn % 40 == 0 ? '\n' : static_cast<char>(drawn >> 32);
    }
    return content;
}

namespace {

class MemoryFile final : public problem1::Upload {
  public:
    MemoryFile(MemoryStorage& storage, std::string name, bool in_order)
        : Upload(name), storage_(storage), name_(std::move(name)), in_order_(in_order) {}
    ~MemoryFile() override {
        if (part().empty()) storage_.parts.erase(name_);
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    [[nodiscard]] std::uint64_t size() const override { return part().size(); }

  protected:
    void write_at(Bytes bytes, std::uint64_t offset) override {
        if (in_order_) require(offset == part().size(), "a part that is no prefix of its file");
        part().resize(std::max<std::size_t>(part().size(), offset + bytes.size()));
        part().replace(offset, bytes.size(), as_text(bytes));
    }
    [[nodiscard]] std::size_t read_at(MutableBytes buffer, std::uint64_t offset) const override {
        const Bytes rest = as_bytes(part()).subspan(offset);
        const std::size_t count = std::min(rest.size(), buffer.size());
        std::copy_n(rest.begin(), count, buffer.begin());
        return count;
    }
    void publish() override {
        storage_.files[name_] = std::move(part());
        storage_.parts.erase(name_);
        ++storage_.commits[name_];
    }

  private:
    [[nodiscard]] std::string& part() const { return storage_.parts[name_]; }

    MemoryStorage& storage_;
    std::string name_;
    bool in_order_;
};

}  // namespace

problem1::Storage MemoryStorage::storage(bool in_order) {
    return [this, in_order](const problem1::StartInfo& info) {
        std::string& part = parts[info.name];
        part.resize(in_order ? info.resumed_at(part.size()) : 0);
        return std::make_unique<MemoryFile>(*this, info.name, in_order);
    };
}

}  // namespace netlab::simulation
