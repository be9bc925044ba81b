// SPDX-License-Identifier: MIT
#include "common/cli.hpp"

#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "common/screen.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"

namespace netlab {

namespace {

// A program started with one of these closed would get a socket as its descriptor 1, and print its
// results into the connection.
void open_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        // The lowest free number is the one that is missing; it is meant to stay open.
        if (::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0) return;
    }
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string operands, std::string purpose,
                         std::string example)
    : program_(std::move(program)),
      operands_(std::move(operands)),
      purpose_(std::move(purpose)),
      example_(std::move(example)) {
    const auto end_with = [](const std::string& text) {
        print_out(text);
        throw ProgramEnd();
    };
    custom("help", "", "show this and exit", [=, this](auto) { end_with(help_text()); });
    options_.back().letter = 'h';
    custom("version", "", "show the version and exit",
           [=, this](auto) { end_with(program_ + " " NETLAB_VERSION "\n"); });
}

CommandLine::CommandLine(std::string program, std::string operands, std::string purpose,
                         std::string example, CommonOptions& common, bool listens)
    : CommandLine(std::move(program), std::move(operands), std::move(purpose), std::move(example)) {
    trace_ = &common.trace;
    trace_->server = listens;
    text("host", "ADDR", listens ? "address to listen on" : "server to talk to", common.host);
    options_.back().letter = 'H';
    number<std::uint16_t>("port", "N", listens ? "port; 0 is any free one" : "port", common.port,
                          listens ? 0 : 1, std::numeric_limits<std::uint16_t>::max());
    options_.back().letter = 'p';
    flag("trace", "show every protocol message on stderr", trace_->text);
    text("trace-file", "FILE", "write every protocol message into FILE, as JSON Lines",
         trace_->file);
    flag("quiet", "no progress, no chatter", common.quiet);
    options_.back().letter = 'q';
}

void CommandLine::custom(const char* name, const char* argument, std::string help,
                         std::function<void(std::string_view)> take) {
    options_.push_back({name, 0, argument, std::move(help), std::move(take)});
}

void CommandLine::flag(const char* name, std::string help, bool& value) {
    custom(name, "", std::move(help), [&value](std::string_view) { value = true; });
}

void CommandLine::text(const char* name, const char* argument, std::string help,
                       std::string& value) {
    if (!value.empty()) help += " (" + value + ")";
    custom(name, argument, std::move(help), [&value](std::string_view given) {
        if (given.empty()) throw UsageError("empty");
        value = given;
    });
}

void CommandLine::duration(const char* name, std::string help, Duration& value) {
    help += " (" + show_duration(value) + ")";
    custom(name, "TIME", std::move(help),
           [&value](std::string_view given) { value = parse_duration(given); });
}

void CommandLine::size(const char* name, std::string help, std::uint64_t& value) {
    help += " (" + show_size(value) + ")";
    custom(name, "SIZE", std::move(help),
           [&value](std::string_view given) { value = parse_size(given); });
}

void CommandLine::impairment(ImpairmentSpec& value) {
    custom("impair", "SPEC",
           "break what is sent, by chance or exactly (drop=: the 3rd and the 7th message):\n"
           "                              loss=10%,duplicate=1%,reorder=5%,corrupt=0.5%,\n"
           "                              delay=20ms,jitter=5ms,seed=7,drop=3+7",
           [&value](std::string_view given) { value = ImpairmentSpec::parse(given); });
    text("pcap", "FILE", "write every datagram into FILE, for Wireshark", trace_->pcap);
}

void CommandLine::server(ServerOptions& value) {
    flag("once", "serve one client, then exit with its outcome", value.once);
    number<std::size_t>("max-clients", "N", "refuse more clients at once", value.max_clients, 1,
                        1'000'000);
    if (value.idle_timeout) {
        duration("idle-timeout", "drop a client silent for so long; 0 is never",
                 *value.idle_timeout);
    }
}

std::string CommandLine::usage_line() const {
    return "usage: " + program_ + " [OPTION]..." + (operands_.empty() ? "" : " " + operands_);
}

std::string CommandLine::help_text() const {
    std::string text = usage_line() + "\n" + purpose_ + "\n\n";
    for (const Option& option : options_) {
        std::string left =
            option.letter != 0 ? std::string("  -") + option.letter + ", " : "      ";
        left += "--" + option.name + (option.argument.empty() ? "" : " " + option.argument);
        left.resize(std::max<std::size_t>(left.size() + 2, 28), ' ');
        text += left + option.help + "\n";
    }
    return text + "\nexample: " + example_ + "\n";
}

void CommandLine::fail(const std::string& problem) const {
    throw UsageError(problem + "\n" + usage_line() + "  (--help lists the options)");
}

void CommandLine::take(const Option& option, const char* value) const {
    try {
        option.take(value == nullptr ? "" : value);
    } catch (const UsageError& error) {
        const std::string given = value == nullptr ? "" : " '" + escaped(value) + "'";
        fail("--" + option.name + given + ": " + error.what());
    }
}

std::vector<std::string> CommandLine::parse(int argc, char** argv) {
    std::vector<::option> long_options;
    // "-": operands are returned in their places, as option 1, and not moved behind the options.
    // There -12 is option 1 with the value 2: a number, too.
    std::string letters = numbers_are_operands_ ? "-:0::1::2::3::4::5::6::7::8::9::" : ":";
    for (const Option& one : options_) {
        const int needs = one.argument.empty() ? no_argument : required_argument;
        long_options.push_back({one.name.c_str(), needs, nullptr, 0});
        if (one.letter == 0) continue;
        letters += one.letter;
        if (needs == required_argument) letters += ':';
    }
    long_options.push_back({});

    std::vector<std::string> operands;
    optind = 0;  // starts anew
    opterr = 0;
    while (true) {
        int index = -1;
        const int letter = ::getopt_long(argc, argv, letters.c_str(), long_options.data(), &index);
        if (letter == -1) break;
        if (letter == 1) {
            operands.emplace_back(optarg);
            continue;
        }
        if (letter >= '0' && letter <= '9') {
            operands.push_back({'-', static_cast<char>(letter)});
            if (optarg != nullptr) operands.back() += optarg;
            continue;
        }
        if (letter == ':') fail("needs a value: " + escaped(argv[optind - 1]));
        if (letter == '?') {  // optopt: the letter, 0 if it is no letter
            const std::string unknown{'-', static_cast<char>(optopt)};
            fail("unknown option: " + escaped(optopt != 0 ? unknown : argv[optind - 1]));
        }
        take(index >= 0 ? options_[static_cast<std::size_t>(index)]
                        : *std::ranges::find(options_, letter, &Option::letter),
             optarg);
    }
    operands.insert(operands.end(), argv + optind, argv + argc);
    return operands;
}

int run_program(const char* program, const std::function<int()>& run) {
    const auto report = [program](const char* problem) {
        print_error(std::string(program) + ": " + problem + "\n");
    };
    try {
        open_standard_descriptors();
        install_signal_handlers();
        return run();
    } catch (const ProgramEnd&) {
        return 0;
    } catch (const UsageError& error) {
        report(error.what());
        return 2;
    } catch (const Interrupted& interrupted) {
        report(interrupted.what());
        return 130;
    } catch (const std::exception& error) {
        report(error.what());
        return 1;
    }
}

}  // namespace netlab
