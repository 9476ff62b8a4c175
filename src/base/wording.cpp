#include "base/wording.h"

#include <cstdio>

namespace rosetta {

std::string counted(std::uint64_t n, std::string_view noun) {
  std::string text = std::to_string(n) + " " + std::string(noun);
  if (n != 1) text += 's';
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string duration_text(double seconds) {
  char text[32];
  const auto as = [&](double value, const char* unit) {
    std::snprintf(text, sizeof text, "%.3g %s", value, unit);
    return std::string(text);
  };
  if (seconds < 60) return as(seconds, "s");
  if (seconds < 3600) return as(seconds / 60, "min");
  if (seconds < 48 * 3600) return as(seconds / 3600, "h");
  return as(seconds / 86400, "days");
}

std::string shortened(std::string_view name) {
  constexpr std::size_t kMost = 60;
  if (name.size() <= kMost) return std::string(name);
  return std::string(name.substr(0, kMost)) + "…";
}

}  // namespace rosetta
