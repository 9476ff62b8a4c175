#include "base/wording.h"

namespace rosetta {

std::string counted(std::uint64_t n, std::string_view noun) {
  std::string text = std::to_string(n) + " " + std::string(noun);
  if (n != 1) text += 's';
  return text;
}

std::string shortened(std::string_view name) {
  constexpr std::size_t kMost = 60;
  if (name.size() <= kMost) return std::string(name);
  return std::string(name.substr(0, kMost)) + "…";
}

}  // namespace rosetta
