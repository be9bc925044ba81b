// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/impairment.hpp"
#include "common/number.hpp"
#include "common/trace.hpp"

namespace netlab {

// What every program with a protocol takes: -H/--host, -p/--port, --trace, --trace-file,
// -q/--quiet.
struct CommonOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    TraceOptions trace{};
    bool quiet = false;
};

// What --once, --max-clients and --idle-timeout say, for the servers that call server(): those with
// a ThreadServer. An option of all servers belongs to CommonOptions.
struct ServerOptions {
    bool once = false;
    std::size_t max_clients = 1024;
    std::optional<Duration> idle_timeout;  // 0: no limit of time; nullopt: there is no such option

    // Until when a client may be silent.
    [[nodiscard]] TimePoint idle_deadline(TimePoint now) const {
        return idle_timeout.value_or(Duration{}) == Duration{} ? kNever : now + *idle_timeout;
    }
};

// A program's command line, on getopt_long(3). Each option is bound to the variable it sets:
//
//     CommandLine line("tcp_client", "FILE...", "Sends files.", "tcp_client a", common, false);
//     line.number("chunk-size", "N", "bytes a chunk carries", chunk_size, 1, 60000);
//     const auto files = line.parse(argc, argv);
//
// -h/--help and --version end the program from within parse() (by ProgramEnd, see run_program).
class CommandLine {
  public:
    // Has --help and --version.
    CommandLine(std::string program, std::string operands, std::string purpose,
                std::string example);
    // Adds the common options. If it `listens`, --port 0 is allowed.
    CommandLine(std::string program, std::string operands, std::string purpose, std::string example,
                CommonOptions& common, bool listens);
    CommandLine(CommandLine&&) = delete;

    template <typename Integer>
    void number(const char* name, const char* argument, std::string help, Integer& value,
                Integer min, Integer max);
    void flag(const char* name, std::string help, bool& value);
    void text(const char* name, const char* argument, std::string help, std::string& value);
    void duration(const char* name, std::string help, Duration& value);
    void size(const char* name, std::string help, std::uint64_t& value);
    // Of the programs whose messages are datagrams, or could be: --impair and --pcap.
    void impairment(ImpairmentSpec& value);
    void server(ServerOptions& value);
    // Any other kind of value: `take` throws UsageError for a bad one.
    void custom(const char* name, const char* argument, std::string help,
                std::function<void(std::string_view)> take);

    // From now on "-5" is an operand and no option.
    void numbers_are_operands() { numbers_are_operands_ = true; }

    // Returns the operands. Throws UsageError whose text names what is wrong and ends in the usage
    // line.
    std::vector<std::string> parse(int argc, char** argv);

    // For what only the program itself can judge: throws UsageError like parse().
    [[noreturn]] void fail(const std::string& problem) const;

  private:
    struct Option {
        std::string name;
        char letter = 0;
        std::string argument;  // empty: takes none
        std::string help;
        std::function<void(std::string_view)> take;
    };
    [[nodiscard]] std::string usage_line() const;
    [[nodiscard]] std::string help_text() const;
    void take(const Option& option, const char* value) const;

    std::string program_;
    std::string operands_;
    std::string purpose_;
    std::string example_;
    std::vector<Option> options_;
    TraceOptions* trace_ = nullptr;
    bool numbers_are_operands_ = false;
};

// Thrown by parse() once it has printed the help or the version: exit code 0.
struct ProgramEnd {};

// The frame of every main: opens what is missing of descriptors 0..2, installs the signal handlers,
// calls run(), and turns its outcome into an exit code: what it returns; 2 for UsageError; 130 for
// Interrupted; 1 for any other exception, printed as "PROGRAM: what()".
int run_program(const char* program, const std::function<int()>& run);

template <typename Integer>
void CommandLine::number(const char* name, const char* argument, std::string help, Integer& value,
                         Integer min, Integer max) {
    help += " (" + std::to_string(value) + ")";
    custom(name, argument, std::move(help), [&value, min, max](std::string_view given) {
        value = parse_number<Integer>(given, min, max);
    });
}

}  // namespace netlab
