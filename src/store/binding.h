// What a person wrote and no hash depends on: kept beside the code under a name, so that it can be
// shown again.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rosetta {

struct Binding {
  std::string name{};  // the function's, as it was written
  std::vector<std::string> params{};
  std::vector<std::string> locals{};  // by the function's numbering; empty where it had no name
  std::vector<std::pair<std::uint32_t, std::string>> labels{};  // by instruction
  std::vector<std::string> callees{};  // the name used at each call site; empty where a hash was
  std::string text{};  // the definition with its comments; empty where the code is no longer its

  friend bool operator==(const Binding&, const Binding&) = default;
};

std::string encode_binding(const Binding& binding);
std::expected<Binding, std::string> decode_binding(std::string_view bytes);

}  // namespace rosetta
