// Reading a column costs less than sending it, and one that is not of a kind shows it at once.
#include "gpu/pack.h"

#include <algorithm>
#include <optional>

namespace rosetta::gpu {
namespace {

bool counts_up(std::span<const Cell> column) {
  return column.size() > 1 && std::ranges::adjacent_find(column, [](Cell a, Cell b) {
                                return b != a + 1;
                              }) == column.end();
}

bool is_constant(std::span<const Cell> column) {
  return std::ranges::adjacent_find(column, std::ranges::not_equal_to()) == column.end();
}

}  // namespace

void pack(std::span<const Cell* const> columns, std::span<const Type> types, std::uint64_t begin,
          std::uint32_t tasks, Packed& into) {
  std::optional<std::uint64_t> first;
  into.cells.assign(2 * columns.size(), 0);
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const std::span column(columns[k] + begin, tasks);
    const bool constant = is_constant(column);
    if (!constant && is_integer(types[k]) && first.value_or(column[0]) == column[0] &&
        counts_up(column)) {
      first = column[0];
      continue;
    }
    into.cells[2 * k] = into.cells.size();
    into.cells[2 * k + 1] = constant ? 0 : 1;
    into.cells.insert(into.cells.end(), column.begin(),
                      constant ? column.begin() + 1 : column.end());
  }
  into.first = first.value_or(begin);
}

}  // namespace rosetta::gpu
