// Small words of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rosetta {

std::string counted(std::uint64_t n, std::string_view noun);  // "1 value", "2 values"

// A name as a message quotes it: in full up to 60 bytes, else its beginning and `…`.
std::string shortened(std::string_view name);

}  // namespace rosetta
