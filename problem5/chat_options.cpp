// SPDX-License-Identifier: MIT
#include "problem5/chat_options.hpp"

namespace netlab::problem5 {

ChatOptions parse_options(const ChatProgram& program, int argc, char** argv) {
    ChatOptions options{.common = {.port = program.port}};
    const bool udp = program.transport == ChatProgram::Over::udp;
    CommandLine line(program.name, "",
                     std::string("Talks with one ") +
                         (program.server() ? "client after another" : "other person") + " over " +
                         (udp ? "UDP" : "TCP") + ", in turn.",
                     program.name + std::string(program.server() ? " --name Bob" : " --name Ann"),
                     options.common, program.server());
    line.custom("name", "NAME", "what you are called", [&options](std::string_view given) {
        if (!is_good_name(given)) {
            throw UsageError("a name has 1 to 32 characters, and neither colons nor control codes");
        }
        options.name = given;
    });
    line.text("transcript", "FILE", "append what both say to FILE", options.transcript);
    if (program.server()) {
        line.flag("once", "talk with one client, then exit with the outcome", options.once);
    }
    if (udp) line.impairment(options.impairment);
    if (!line.parse(argc, argv).empty()) line.fail("takes no operand");
    return options;
}

}  // namespace netlab::problem5
