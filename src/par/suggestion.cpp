#include "par/suggestion.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.h"
#include "base/wording.h"

namespace rosetta::par {

std::string suggestion(std::string_view name, std::span<const std::string_view> names) {
  constexpr std::size_t kMost = 10;
  std::string text;
  if (const std::string_view near = nearest(name, names); !near.empty()) {
    text = fmt::format("; did you mean `{}`?", near);
  }
  text += text.empty() ? ": it has " : " It has ";
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += fmt::format("{}`{}`", i == 0 ? "" : ", ", shortened(names[i]));
  }
  if (names.size() > kMost) text += fmt::format(" and {} more", names.size() - kMost);
  return text;
}

}  // namespace rosetta::par
