// Files into the store: their code, their names, and, where a name meant something else so far, the
// functions that called that.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <unordered_map>

#include "app/json.h"
#include "app/program.h"
#include "base/wording.h"
#include "code/identity.h"
#include "store/insert.h"
#include "store/names.h"
#include "store/relink.h"

namespace rosetta {
namespace {

// The definition as it was written, with the comment lines right above it and the comment behind
// it.
std::string written_text(const Source& source, const Span& whole) {
  const std::string_view text = source.text;
  const auto line_begin = [&](std::size_t at) {
    return at == 0 ? std::size_t{0} : text.rfind('\n', at - 1) + 1;
  };
  const auto blank = [](std::string_view part) {
    return part.find_first_not_of(" \t\r") == std::string_view::npos;
  };
  std::size_t begin = whole.begin;
  if (blank(text.substr(line_begin(begin), begin - line_begin(begin)))) {
    begin = line_begin(begin);
    while (begin > 0) {
      const std::size_t above = line_begin(begin - 1);
      const std::string_view line = text.substr(above, begin - above);
      const std::size_t first = line.find_first_not_of(" \t");
      if (first == std::string_view::npos || line[first] != ';') break;
      begin = above;
    }
  }
  std::size_t end = whole.end;
  const std::size_t line_end = std::min(text.find('\n', end), text.size());
  const std::string_view rest = text.substr(end, line_end - end);
  const std::size_t first = rest.find_first_not_of(" \t\r");
  if (first != std::string_view::npos && rest[first] == ';') end = line_end;
  std::string written(text.substr(begin, end - begin));
  while (written.ends_with('\r')) written.pop_back();
  return written + '\n';
}

Binding binding_of(const Module& module, std::uint32_t number) {
  const Assembly& assembly = module.assembly;
  const FunctionNames& names = assembly.names[number];
  Binding binding{.name = names.name,
                  .params = names.params,
                  .locals = names.locals,
                  .labels = names.labels,
                  .callees = {},
                  .text = written_text(module.source, assembly.places[number].whole)};
  for (const std::uint32_t callee : assembly.functions[number].callees()) {
    const std::string& name = assembly.names[callee].name;
    binding.callees.push_back(name.starts_with('#') ? "" : name);
  }
  return binding;
}

// One name of the report.
struct Line {
  std::string name;
  Hash hash;
  bool fresh = false;            // the code was not there before
  std::optional<Hash> before{};  // what the name meant, if it meant something else
  bool named = false;            // it means this already
  bool relinked = false;
  std::string same_as{};   // an earlier name of the file
  bool rewritten = false;  // only what was written beside the code is other
  bool dry_run = false;
};

void say(const Line& line, const Common& common) {
  if (common.json) {
    Json json{{"hash", to_hex(line.hash)}, {"name", line.name}, {"new", line.fresh}};
    json["before"] = line.before ? Json(to_hex(*line.before)) : Json(nullptr);
    if (line.relinked) json["relinked"] = true;
    if (!line.same_as.empty()) json["same_as"] = line.same_as;
    if (line.dry_run) json["dry_run"] = true;
    std::fputs(rosetta::line(json).c_str(), stdout);
    return;
  }
  std::string text = line.relinked ? "relinked" : line.fresh ? "new" : "there already";
  if (!line.fresh && !line.named) text += ", named now";
  if (line.rewritten) text += ", written anew";
  if (line.before) text += fmt::format(", was #{}", to_short_hex(*line.before));
  if (!line.same_as.empty()) text += fmt::format(", the same code as {}", line.same_as);
  std::fputs(fmt::format("{}  {}  {}\n", to_hex(line.hash), printable(line.name), text).c_str(),
             stdout);
}

// Names of functions that call what a file replaced, and were not made anew.
struct Left {
  std::string file;
  std::vector<std::string> names;
};

void say(const Left& left, const Common& common) {
  if (common.json) {
    Json names = Json::array();
    for (const std::string& name : left.names) names.push_back(name);
    std::fputs(line({{"file", left.file}, {"left", std::move(names)}}).c_str(), stdout);
    return;
  }
  constexpr std::size_t kMostListed = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(left.names.size(), kMostListed); ++i) {
    list += fmt::format("{}`{}`", i == 0 ? "" : ", ", printable(left.names[i]));
  }
  if (left.names.size() > kMostListed) list += ", …";
  const bool one = left.names.size() == 1;
  std::fputs(fmt::format("{}: {} still {} what was replaced: {}; --update makes {} anew\n",
                         left.file, counted(left.names.size(), "name"), one ? "calls" : "call",
                         list, one ? "it" : "them")
                 .c_str(),
             stderr);
}

class Adder {
 public:
  Adder(Store& store, const StoreAddOptions& options) : store_(store), options_(options) {
    for (const std::string& file : options.files) what_ += " " + file;
  }

  Result<void> add(const Module& module);

  std::vector<Line> lines;
  std::vector<Left> left;

 private:
  void written(const Module& module, const Inserted& inserted);
  void dependent(const Dependent& dependent, const Relinked& relinked, const Inserted& inserted);
  // What a name moves to, if that is anything new.
  void move(const std::string& name, const Hash& hash, BindingId binding);

  Store& store_;
  const StoreAddOptions& options_;
  std::string what_;  // the files, for the history
  std::unordered_map<std::string, Hash> defined_;
  std::int64_t change_ = 0;  // in the history, once there is something to move
  std::vector<Move> moves_;  // of the file that is added
};

void Adder::move(const std::string& name, const Hash& hash, BindingId binding) {
  const std::optional<Name> now = find_name(store_, name);
  if (now && now->hash == hash && now->binding == binding) return;
  moves_.push_back({.name = name, .after = hash, .after_binding = binding});
}

void Adder::written(const Module& module, const Inserted& inserted) {
  std::unordered_map<Hash, std::string> first;
  for (std::uint32_t i = 0; i < module.assembly.written; ++i) {
    const std::string& name = module.assembly.names[i].name;
    const Hash& hash = inserted.hashes[i];
    const std::optional<Name> now = find_name(store_, name);
    Line line{.name = name, .hash = hash, .fresh = inserted.fresh.contains(hash)};
    if (now && now->hash != hash) line.before = now->hash;
    line.named = now && now->hash == hash;
    const auto [found, alone] = first.emplace(hash, name);
    if (!alone) line.same_as = found->second;
    const BindingId binding = put_binding(store_, binding_of(module, i));
    line.rewritten = line.named && now->binding != binding;
    lines.push_back(std::move(line));
    move(name, hash, binding);
  }
}

// A caller keeps its writer's words. Its text is no longer its own where a hash in it has changed.
void Adder::dependent(const Dependent& dependent, const Relinked& relinked,
                      const Inserted& inserted) {
  const Hash& hash = inserted.hashes[dependent.function];
  if (hash == dependent.before) return;
  BindingId binding = dependent.binding;
  Result<std::optional<Binding>> read = get_binding(store_, binding);
  if (!read) return store_.database().fail(read.error());
  if (std::optional<Binding>& record = *read) {
    const std::size_t sites = relinked.functions[dependent.function].callees().size();
    bool by_name = record->callees.size() == sites;
    for (const std::string& callee : record->callees) by_name = by_name && !callee.empty();
    if (!by_name && !record->text.empty()) {
      record->text.clear();
      binding = put_binding(store_, *record);
    }
  }
  lines.push_back({.name = dependent.name,
                   .hash = hash,
                   .fresh = inserted.fresh.contains(hash),
                   .before = dependent.before,
                   .named = true,
                   .relinked = true,
                   .same_as = {}});
  move(dependent.name, hash, binding);
}

Result<void> Adder::add(const Module& module) {
  const Assembly& assembly = module.assembly;
  const std::vector<Hash> hashes = identify(assembly.functions);
  std::vector<Definition> definitions;
  for (std::uint32_t i = 0; i < assembly.written; ++i) {
    definitions.push_back({assembly.names[i].name, i});
  }
  moves_.clear();
  for (std::uint32_t i = 0; i < assembly.written; ++i) {
    const auto [found, fresh] = defined_.emplace(assembly.names[i].name, hashes[i]);
    if (fresh || found->second == hashes[i]) continue;
    return std::unexpected(
        Error{Fault::Program, fmt::format("{}: another of the files defines `{}` otherwise",
                                          module.source.name, assembly.names[i].name)});
  }
  if (options_.update) {
    const Result<Relinked> relinked = relink(store_, assembly.functions, hashes, definitions);
    if (!relinked) return std::unexpected(relinked.error());
    const Inserted inserted = insert(store_, relinked->functions);
    written(module, inserted);
    for (const Dependent& each : relinked->dependents) dependent(each, *relinked, inserted);
  } else {
    const Result<std::vector<std::string>> names =
        stale_names(store_, assembly.functions, hashes, definitions);
    if (!names) return std::unexpected(names.error());
    if (!names->empty()) left.push_back({module.source.name, *names});
    written(module, insert(store_, assembly.functions));
  }
  if (!moves_.empty() && change_ == 0) {
    change_ = begin_change(store_, "add" + what_, std::time(nullptr));
  }
  move_names(store_, change_, std::move(moves_));
  return store_.status();
}

}  // namespace

int store_add(const StoreAddOptions& options, const Common& common) {
  if (std::ranges::count(options.files, "-") > 1) {
    return fail({Fault::Usage, "standard input can be read once only"}, common);
  }
  // A preview of a store that is not there leaves none behind.
  const Result<std::string> path = store_path(common);
  if (!path) return fail(path.error(), common);
  std::error_code failure;
  OpenStore open(common, options.dry_run && !std::filesystem::exists(*path, failure));
  // Before the store is locked: standard input may take its time.
  int status = kFine;
  std::vector<Source> sources;
  for (const std::string& file : options.files) {
    Result<Source> source = read_source(file);
    if (source) {
      sources.push_back(std::move(*source));
    } else {
      status = fail(source.error(), common);
    }
  }
  if (status != kFine) return status;
  const Result<Store*> store = open.get(true);
  if (!store) return fail(store.error(), common);
  Transaction transaction(**store, Transaction::Kind::Write);
  Adder adder(**store, options);
  for (Source& source : sources) {
    const auto module = assemble_source(std::move(source), open, common, status);
    if (!module) continue;
    if (const Result<void> added = adder.add(*module); !added) {
      return fail(added.error(), common);
    }
  }
  if (status != kFine) return status;
  if (!options.dry_run) {
    if (const Result<void> done = transaction.commit(); !done) return fail(done.error(), common);
  }
  for (Line& line : adder.lines) {
    line.dry_run = options.dry_run;
    say(line, common);
  }
  std::fflush(stdout);
  for (const Left& left : adder.left) say(left, common);
  if (options.dry_run && !common.json) std::fputs("nothing was changed (--dry-run)\n", stderr);
  return kFine;
}

}  // namespace rosetta
