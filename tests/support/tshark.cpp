// SPDX-License-Identifier: MIT
#include "tests/support/tshark.hpp"

namespace netlab::testing {

Tshark::Tshark(const std::string& decode_as, const std::vector<std::string>& fields)
    // The user's own plugins, maybe these very dissectors, are left out.
    : options_{.env = {{"HOME", home_.path()}, {"XDG_CONFIG_HOME", home_.path()}}},
      command_{"tshark", "-n",         "-X", std::string("lua_script:") + NETLAB_LUA,
               "-d",     decode_as,    "-T", "fields",
               "-E",     "separator=|"} {
    for (const std::string& field : fields) command_.insert(command_.end(), {"-e", field});
}

}  // namespace netlab::testing
