// Words of messages about columns that are not there.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rosetta::par {

// What follows "there is no column `x`": the name that was meant, where one is near, and those that
// there are, the first of them.
std::string suggestion(std::string_view name, std::span<const std::string_view> names);

}  // namespace rosetta::par
