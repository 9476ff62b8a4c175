// Compiled code made known to tools: debuggers by GDB's interface for generated code, perf by a
// dump of its code and by a map of its names.
#pragma once

#include <string>

#include "engine/native/mapping.h"

namespace rosetta::native {

// The image was compiled with symbols and stays mapped to the end of the process. In `folder`,
// where perf looks, jit-PID.dump and perf-PID.map are written; what cannot be written is left out.
void announce(const Image& image, const Mapping& code, const std::vector<std::string>& names,
              const std::string& file, const std::string& folder);

}  // namespace rosetta::native
