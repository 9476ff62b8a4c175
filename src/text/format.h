// The formatter: the same text in the house layout. Comments, names, literals and the division into
// lines stay as they were written.
#pragma once

#include <string>
#include <string_view>

namespace rosetta {

// `text` is a program without errors. Formatting what it gives changes nothing.
std::string format_source(std::string_view text);

}  // namespace rosetta
