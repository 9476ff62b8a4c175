// Which build of the program this is.
#pragma once

#include <string>

namespace rosetta {

// The linker's digest of the program's own bytes, as octets; empty where it was linked without one.
std::string build_id();

}  // namespace rosetta
