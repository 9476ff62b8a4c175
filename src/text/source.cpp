#include "text/source.h"

#include <algorithm>
#include <cstring>

namespace rosetta {

Lines::Lines(std::string_view text) : text_(text), starts_{0} {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  for (const char* at = begin; at != end;) {
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (at == nullptr) break;
    ++at;
    starts_.push_back(static_cast<std::uint32_t>(at - begin));
  }
}

std::uint32_t Lines::line(std::uint32_t byte) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), byte);
  return static_cast<std::uint32_t>(after - starts_.begin());
}

Position Lines::position(std::uint32_t byte) const {
  const std::uint32_t at = line(byte);
  const std::string_view before = text_.substr(begin(at), byte - begin(at));
  const auto points = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  return {at, static_cast<std::uint32_t>(points) + 1};
}

std::string_view Lines::text(std::uint32_t line) const {
  const std::uint32_t from = begin(line);
  std::string_view rest = text_.substr(from);
  if (line < starts_.size()) rest = rest.substr(0, begin(line + 1) - from - 1);
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

}  // namespace rosetta
