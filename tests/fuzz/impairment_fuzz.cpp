// SPDX-License-Identifier: MIT
//
// --impair SPEC: what is accepted lies in its ranges, and loses or adds no message of its own
// accord.
#include "common/error.hpp"
#include "common/impairment.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace netlab::fuzz {
namespace {

void check_spec(const ImpairmentSpec& spec) {
    for (const double probability : {spec.loss, spec.duplicate, spec.reorder, spec.corrupt}) {
        require(probability >= 0 && probability <= 1);
    }
    require(spec.delay >= Duration{} && spec.jitter >= Duration{});
    require(std::ranges::count(spec.drop, 0U) == 0);
}

void check_fates(const ImpairmentSpec& spec) {
    Impairment impairment(spec);
    std::size_t expected = 0;
    const TimePoint now{seconds(1000)};
    for (std::uint64_t number = 1; number <= 20; ++number) {
        const std::byte message[3] = {};
        const auto fate = impairment.submit(message, 1, now);
        if (!fate.dropped) expected += fate.duplicated ? 2 : 1;
        require(fate.dropped || std::ranges::count(spec.drop, number) == 0);
    }
    require((impairment.next_deadline() == kNever) == (expected == 0));
    const auto sent = impairment.take_due(kNever);
    require(sent.size() == expected);
    for (const auto& message : sent) require(message.size() == 3 && message[0] == std::byte{0});
}

}  // namespace
}  // namespace netlab::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace netlab::fuzz;
    try {
        const auto spec = netlab::ImpairmentSpec::parse(Input(data, size).text());
        check_spec(spec);
        check_fates(spec);
    } catch (const netlab::UsageError& error) {
        require(printable(error.what()));
    }
    return 0;
}
