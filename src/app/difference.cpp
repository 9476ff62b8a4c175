// Functions are paired, by name in files and along call sites elsewhere. A pair with one hash is
// equal. Otherwise its bodies are compared, and at each call site whether the two callees are a
// pair as well: if all that agrees, the function only calls something that changed.
#include "app/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/edits.h"
#include "code/object.h"
#include "text/print.h"

namespace rosetta {
namespace {

using Pair = std::pair<std::uint32_t, std::uint32_t>;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class Comparison {
 public:
  Comparison(Listings& before, Listings& after) : before_(before), after_(after) {}

  Result<std::vector<Difference>> run();

 private:
  Result<void> pair_roots();
  void pair_files();
  void pair_callees(const Pair& pair);
  void compare(const Pair& pair);
  bool paired(std::uint32_t a, std::uint32_t b) const {
    const auto found = partner_.find(a);
    return found != partner_.end() && found->second == b;
  }
  bool add_pair(std::uint32_t a, std::uint32_t b);
  bool same_body(const Pair& pair);
  std::string name(const Pair& pair);
  std::vector<Difference::Line> text_lines(const Pair& pair, bool show_hashes);

  static const Function& function(Listings& side, std::uint32_t number) {
    return side.module().assembly.functions[number];
  }
  static bool in_file(Listings& side, std::uint32_t number) {
    return number < side.module().assembly.written;
  }
  std::string text(Listings& side, std::uint32_t number, std::string_view name, bool show_hashes);

  Listings& before_;
  Listings& after_;
  std::vector<Pair> pairs_;
  std::unordered_map<std::uint32_t, std::uint32_t> partner_;
  std::unordered_map<std::uint32_t, std::uint32_t> partner_of_after_;
  std::vector<Difference> found_;
};

bool Comparison::add_pair(std::uint32_t a, std::uint32_t b) {
  if (partner_.contains(a) || partner_of_after_.contains(b)) return paired(a, b);
  partner_.emplace(a, b);
  partner_of_after_.emplace(b, a);
  pairs_.emplace_back(a, b);
  return true;
}

void Comparison::pair_files() {
  const Assembly& before = before_.module().assembly;
  const Assembly& after = after_.module().assembly;
  std::unordered_map<std::string_view, std::uint32_t> names;
  for (std::uint32_t b = 0; b < after.written; ++b) names.emplace(after.names[b].name, b);
  std::unordered_multimap<Hash, std::uint32_t> gone;
  for (std::uint32_t a = 0; a < before.written; ++a) {
    const auto same = names.find(before.names[a].name);
    if (same != names.end()) {
      add_pair(a, same->second);
    } else {
      gone.emplace(before_.hash(a), a);
    }
  }
  for (std::uint32_t b = 0; b < after.written; ++b) {
    if (partner_of_after_.contains(b)) continue;
    const auto moved = gone.find(after_.hash(b));
    Difference difference{.kind = Difference::Kind::Added,
                          .name = after.names[b].name,
                          .new_name = {},
                          .before = {},
                          .after = after_.hash(b),
                          .lines = {}};
    if (moved != gone.end()) {
      difference.kind = Difference::Kind::Renamed;
      difference.name = before.names[moved->second].name;
      difference.new_name = after.names[b].name;
      difference.before = difference.after;
      add_pair(moved->second, b);
      gone.erase(moved);
    }
    found_.push_back(std::move(difference));
  }
  for (std::uint32_t a = 0; a < before.written; ++a) {
    if (partner_.contains(a)) continue;
    found_.push_back({.kind = Difference::Kind::Removed,
                      .name = before.names[a].name,
                      .new_name = {},
                      .before = before_.hash(a),
                      .after = {},
                      .lines = {}});
  }
}

Result<void> Comparison::pair_roots() {
  const auto& a = before_.module().entry;
  const auto& b = after_.module().entry;
  if (!a && !b) {
    pair_files();
    return {};
  }
  // A file's function of the name of the stored one.
  const auto root = [](Listings& side, Listings& other) -> Result<std::uint32_t> {
    if (side.module().entry) return *side.module().entry;
    const std::string name = other.name(*other.module().entry);
    if (const auto found = side.module().assembly.find(name)) return *found;
    return std::unexpected(Error{
        Fault::Usage,
        fmt::format("{} has no function `{}` to compare with", side.module().source.name, name)});
  };
  const Result<std::uint32_t> from = root(before_, after_);
  const Result<std::uint32_t> to = root(after_, before_);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  add_pair(*from, *to);
  return {};
}

bool Comparison::same_body(const Pair& pair) {
  std::string a;
  std::string b;
  put_body(a, function(before_, pair.first));
  put_body(b, function(after_, pair.second));
  return a == b;
}

// The new name, or the old one where only that is known.
std::string Comparison::name(const Pair& pair) {
  const std::string after = after_.name(pair.second);
  return after.starts_with('#') ? before_.name(pair.first) : after;
}

// What is called from the same place, or by the same name, belongs together.
void Comparison::pair_callees(const Pair& pair) {
  const std::span<const std::uint32_t> from = function(before_, pair.first).callees();
  const std::span<const std::uint32_t> to = function(after_, pair.second).callees();
  const auto open = [&](std::uint32_t a, std::uint32_t b) {
    return !(in_file(before_, a) && in_file(after_, b)) && before_.hash(a) != after_.hash(b);
  };
  if (same_body(pair)) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (open(from[i], to[i])) add_pair(from[i], to[i]);
    }
    return;
  }
  std::map<std::string, std::uint32_t> names;
  for (const std::uint32_t callee : to) names.emplace(after_.name(callee), callee);
  for (const std::uint32_t callee : from) {
    const auto same = names.find(before_.name(callee));
    if (same != names.end() && open(callee, same->second)) add_pair(callee, same->second);
  }
}

// The function as `show` prints it; calls with their callees' hashes where names do not tell them
// apart.
std::string Comparison::text(Listings& side, std::uint32_t number, std::string_view name,
                             bool show_hashes) {
  const Assembly& assembly = side.module().assembly;
  FunctionNames names = in_file(side, number) ? assembly.names[number] : side.names(number);
  names.name = name;
  const std::span<const std::uint32_t> callees = assembly.functions[number].callees();
  names.callees.resize(callees.size());
  for (std::size_t i = 0; i < callees.size(); ++i) {
    std::string& callee = names.callees[i];
    const std::string hash = "#" + to_short_hex(side.hash(callees[i]));
    if (callee.empty()) callee = side.name(callees[i]);
    if (show_hashes && callee != hash) callee += fmt::format(" ({})", hash);
  }
  return print(assembly.functions[number], names, assembly.names, Style::Readable);
}

std::vector<Difference::Line> Comparison::text_lines(const Pair& pair, bool show_hashes) {
  const std::string called = name(pair);
  const std::vector<std::string> from = lines_of(text(before_, pair.first, called, show_hashes));
  const std::vector<std::string> to = lines_of(text(after_, pair.second, called, show_hashes));
  std::vector<Difference::Line> lines;
  for (const Edit& edit : edits(from, to)) {
    switch (edit.kind) {
      case Edit::Kind::Keep: lines.push_back({' ', from[edit.line]}); break;
      case Edit::Kind::Remove: lines.push_back({'-', from[edit.line]}); break;
      case Edit::Kind::Add: lines.push_back({'+', to[edit.line]}); break;
    }
  }
  return lines;
}

void Comparison::compare(const Pair& pair) {
  const Hash before = before_.hash(pair.first);
  const Hash after = after_.hash(pair.second);
  if (before == after) return;
  const std::span<const std::uint32_t> from = function(before_, pair.first).callees();
  const std::span<const std::uint32_t> to = function(after_, pair.second).callees();
  bool itself = !same_body(pair);
  for (std::size_t i = 0; !itself && i < from.size(); ++i) {
    itself = before_.hash(from[i]) != after_.hash(to[i]) && !paired(from[i], to[i]);
  }
  Difference difference{.kind = itself ? Difference::Kind::Itself : Difference::Kind::Callees,
                        .name = name(pair),
                        .new_name = {},
                        .before = before,
                        .after = after,
                        .lines = {}};
  const std::string before_name = before_.name(pair.first);
  if (before_name != difference.name && !before_name.starts_with('#')) {
    difference.new_name = std::exchange(difference.name, before_name);
  }
  if (itself) {
    const auto equal = [](const Difference::Line& line) { return line.mark == ' '; };
    difference.lines = text_lines(pair, false);
    if (std::ranges::all_of(difference.lines, equal)) difference.lines = text_lines(pair, true);
  }
  found_.push_back(std::move(difference));
}

Result<std::vector<Difference>> Comparison::run() {
  const Result<void> roots = pair_roots();
  if (!roots) return std::unexpected(roots.error());
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const Pair pair = pairs_[i];
    if (before_.hash(pair.first) != after_.hash(pair.second)) pair_callees(pair);
  }
  for (const Pair& pair : pairs_) compare(pair);
  return std::move(found_);
}

}  // namespace

Result<std::vector<Difference>> compare(Listings& before, Listings& after) {
  return Comparison(before, after).run();
}

}  // namespace rosetta
