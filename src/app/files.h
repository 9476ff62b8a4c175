// Files in and out, whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rosetta {

// Reads a file, or standard input for `-`. One of more than `most` bytes is refused, as the
// program's fault, before it is read where its size is known.
Result<std::string> read_file(const std::string& path, std::uint64_t most);

// Writes or replaces a file at once: whoever reads it sees the old bytes or the new ones. One that
// is there keeps its mode, and a link goes on naming it. `-` is standard output.
Result<void> write_file(const std::string& path, std::string_view bytes);

}  // namespace rosetta
