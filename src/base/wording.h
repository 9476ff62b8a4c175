// Small words of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rosetta {

std::string counted(std::uint64_t n, std::string_view noun);  // "1 value", "2 values"

std::string grouped(std::uint64_t number);  // 12,345,678
std::string duration_text(double seconds);  // 1.23 s, 4.5 min, 7.8 h, 9.1 days

// A name as a message quotes it: in full up to 60 bytes, else its beginning and `…`.
std::string shortened(std::string_view name);

}  // namespace rosetta
