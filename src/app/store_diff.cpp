#include <fmt/format.h>

#include <cstdio>

#include "app/difference.h"
#include "app/json.h"
#include "app/program.h"

namespace rosetta {
namespace {

std::string_view word(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::Itself: return "changed";
    case Difference::Kind::Callees: return "calls what changed";
    case Difference::Kind::Added: return "added";
    case Difference::Kind::Removed: return "removed";
    case Difference::Kind::Renamed: return "renamed";
  }
  return "";
}

// The lines around what changed; `…` stands for others.
std::string hunks(const std::vector<Difference::Line>& lines) {
  constexpr std::size_t kContext = 3;
  std::vector<bool> shown(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const std::size_t end = std::min(i + kContext + 1, lines.size());
    for (std::size_t k = i > kContext ? i - kContext : 0; k < end; ++k) shown[k] = true;
  }
  std::string text;
  bool gap = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (shown[i]) text += fmt::format("  {} {}\n", lines[i].mark, printable(lines[i].text));
    if (!shown[i] && !gap) text += "    …\n";
    gap = !shown[i];
  }
  return text;
}

std::string to_text(const Difference& difference) {
  std::string text = fmt::format("{}: {}", word(difference.kind), printable(difference.name));
  if (!difference.new_name.empty()) {
    text += fmt::format(" → {}", printable(difference.new_name));
  }
  if (difference.before) text += "  #" + to_short_hex(*difference.before);
  if (difference.after && difference.after != difference.before) {
    text += fmt::format("{}#{}", difference.before ? " → " : "  ", to_short_hex(*difference.after));
  }
  return text + '\n' + hunks(difference.lines);
}

Json to_json(const Difference& difference) {
  Json json{{"difference", std::string(word(difference.kind))}, {"name", difference.name}};
  if (!difference.new_name.empty()) json["new_name"] = difference.new_name;
  json["before"] = difference.before ? Json(to_hex(*difference.before)) : Json(nullptr);
  json["after"] = difference.after ? Json(to_hex(*difference.after)) : Json(nullptr);
  if (difference.kind == Difference::Kind::Itself) {
    json["lines"] = Json::array();
    for (const Difference::Line& each : difference.lines) {
      json["lines"].push_back({{"mark", std::string(1, each.mark)}, {"text", each.text}});
    }
  }
  return json;
}

}  // namespace

int store_diff(const StoreDiffOptions& options, const Common& common) {
  if (options.before == "-" && options.after == "-") {
    return fail({Fault::Usage, "standard input can be read once only"}, common);
  }
  int status = kFine;
  OpenStore store(common);
  const std::optional<Module> before = load_program(options.before, store, common, status);
  if (!before) return status;
  const std::optional<Module> after = load_program(options.after, store, common, status);
  if (!after) return status;
  Listings before_listings(*before);
  Listings after_listings(*after);
  Result<std::vector<Difference>> found = compare(before_listings, after_listings);
  if (!found) return fail(found.error(), common);
  // What changed itself first: the others follow from it.
  for (const Difference::Kind kind :
       {Difference::Kind::Itself, Difference::Kind::Callees, Difference::Kind::Added,
        Difference::Kind::Removed, Difference::Kind::Renamed}) {
    for (const Difference& difference : *found) {
      if (difference.kind != kind) continue;
      std::fputs((common.json ? line(to_json(difference)) : to_text(difference)).c_str(), stdout);
    }
  }
  return found->empty() ? kFine : kTrapped;
}

}  // namespace rosetta
