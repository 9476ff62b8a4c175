#include "base/edits.h"

#include <algorithm>

namespace rosetta {
namespace {

constexpr int kMostEdits = 2'000;

// Row d holds, for each diagonal k = x - y from -d to d in steps of 2, how far x comes with d
// edits.
using Rows = std::vector<std::vector<int>>;

int& at(std::vector<int>& row, int d, int k) { return row[static_cast<std::size_t>(k + d)]; }

// Whether the best way to diagonal k with d edits comes from above, by an addition.
bool from_above(std::vector<int>& before, int d, int k) {
  return k == -d || (k != d && at(before, d - 1, k - 1) < at(before, d - 1, k + 1));
}

// Rows up to the one that reaches the end; none where that takes too many edits.
Rows search(std::span<const std::string> from, std::span<const std::string> to) {
  const auto n = static_cast<int>(from.size());
  const auto m = static_cast<int>(to.size());
  Rows rows;
  for (int d = 0; d <= kMostEdits; ++d) {
    rows.emplace_back(static_cast<std::size_t>(2 * d + 1), 0);
    for (int k = -d; k <= d; k += 2) {
      int x = 0;
      if (d > 0) {
        std::vector<int>& before = rows[static_cast<std::size_t>(d - 1)];
        x = from_above(before, d, k) ? at(before, d - 1, k + 1) : at(before, d - 1, k - 1) + 1;
      }
      int y = x - k;
      while (x < n && y < m &&
             from[static_cast<std::size_t>(x)] == to[static_cast<std::size_t>(y)]) {
        ++x;
        ++y;
      }
      at(rows.back(), d, k) = x;
      if (x >= n && y >= m) return rows;
    }
  }
  return {};
}

// The edits of the middle, last first.
std::vector<Edit> backwards(Rows rows, int n, int m) {
  std::vector<Edit> found;
  int x = n;
  int y = m;
  for (auto d = static_cast<int>(rows.size()) - 1; d >= 0; --d) {
    int begin_x = 0;
    int begin_y = 0;
    bool add = false;
    if (d > 0) {
      std::vector<int>& before = rows[static_cast<std::size_t>(d - 1)];
      const int k = x - y;
      add = from_above(before, d, k);
      begin_x = add ? at(before, d - 1, k + 1) : at(before, d - 1, k - 1);
      begin_y = begin_x - (add ? k + 1 : k - 1);
    }
    const int kept = d == 0 ? x : add ? x - begin_x : x - begin_x - 1;
    for (int i = 0; i < kept; ++i)
      found.push_back({Edit::Kind::Keep, static_cast<std::uint32_t>(--x)});
    if (d > 0) {
      found.push_back(add ? Edit{Edit::Kind::Add, static_cast<std::uint32_t>(begin_y)}
                          : Edit{Edit::Kind::Remove, static_cast<std::uint32_t>(begin_x)});
    }
    x = begin_x;
    y = begin_y;
  }
  return found;
}

}  // namespace

std::vector<Edit> edits(std::span<const std::string> from, std::span<const std::string> to) {
  const auto size = [](auto n) { return static_cast<std::uint32_t>(n); };
  const auto begin = std::ranges::mismatch(from, to).in1 - from.begin();
  std::span<const std::string> a = from.subspan(static_cast<std::size_t>(begin));
  std::span<const std::string> b = to.subspan(static_cast<std::size_t>(begin));
  std::size_t end = 0;
  while (end < std::min(a.size(), b.size()) && a[a.size() - 1 - end] == b[b.size() - 1 - end])
    ++end;
  a = a.first(a.size() - end);
  b = b.first(b.size() - end);

  std::vector<Edit> result;
  for (std::uint32_t i = 0; i < size(begin); ++i) result.push_back({Edit::Kind::Keep, i});
  Rows rows = search(a, b);
  if (rows.empty()) {
    for (std::uint32_t i = 0; i < a.size(); ++i) {
      result.push_back({Edit::Kind::Remove, size(begin) + i});
    }
    for (std::uint32_t i = 0; i < b.size(); ++i) {
      result.push_back({Edit::Kind::Add, size(begin) + i});
    }
  } else {
    std::vector<Edit> middle =
        backwards(std::move(rows), static_cast<int>(a.size()), static_cast<int>(b.size()));
    std::ranges::reverse(middle);
    for (Edit& edit : middle) {
      edit.line += size(begin);
      result.push_back(edit);
    }
  }
  for (std::uint32_t i = size(from.size() - end); i < from.size(); ++i) {
    result.push_back({Edit::Kind::Keep, i});
  }
  return result;
}

}  // namespace rosetta
