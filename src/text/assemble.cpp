// The way of a text: parsed to a draft, the draft checked, and what the checker says of functions
// and instructions put where it stands in the text.
#include "text/assemble.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "base/nearest.h"
#include "base/wording.h"
#include "check/check.h"
#include "check/words.h"
#include "code/identity.h"
#include "text/parse.h"
#include "text/value.h"

namespace rosetta {
namespace {

Span span_of(const Place& place, const std::vector<FunctionPlaces>& places) {
  const FunctionPlaces& function = places[place.function];
  return place.instruction == Place::kSignature ? function.head : function.code[place.instruction];
}

Diagnostic diagnostic(const Issue& issue, Severity severity,
                      const std::vector<FunctionPlaces>& places) {
  Diagnostic result{
      .severity = severity, .place = span_of(issue.place, places), .message = issue.message};
  for (const Note& note : issue.notes) {
    if (note.place.function >= places.size()) continue;  // a stored function has none
    result.notes.push_back({span_of(note.place, places), note.message});
  }
  result.hint = issue.hint.text;
  if (issue.hint.after) result.hint_after = span_of(*issue.hint.after, places);
  return result;
}

// Names in the numbering of the code instead of the text's.
void renumber(std::vector<std::string>& locals, const Checked& checked, std::size_t params) {
  const std::size_t count = checked.function ? checked.function->locals().size() : 0;
  std::vector<std::string> names(count);
  for (std::size_t i = 0; i < checked.local_numbers.size() && i < locals.size(); ++i) {
    const std::uint32_t number = checked.local_numbers[i];
    // Without a function, numbers were given to locals that nobody will ask for.
    if (number != Checked::kDropped && number - params < count) {
      names[number - params] = std::move(locals[i]);
    }
  }
  locals = std::move(names);
}

class CheckReader {
 public:
  CheckReader(const Assembly& assembly, const std::vector<Checked>& checked, Diagnostics& errors)
      : assembly_(assembly), checked_(checked), errors_(errors) {
    for (std::uint32_t i = 0; i < assembly.written; ++i) {
      numbers_.emplace(assembly.names[i].name, i);
    }
  }

  std::optional<Check> read(const CheckLine& line);

 private:
  // The cells of `values`, which are to have the types `types`.
  bool cells(const std::vector<CheckLine::Value>& values, std::span<const Type> types,
             std::string_view what, const CheckLine& line, std::vector<Cell>& to);
  void error(Span place, std::string message) {
    errors_.add({.place = place, .message = std::move(message)});
  }

  const Assembly& assembly_;
  const std::vector<Checked>& checked_;
  Diagnostics& errors_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

bool CheckReader::cells(const std::vector<CheckLine::Value>& values, std::span<const Type> types,
                        std::string_view what, const CheckLine& line, std::vector<Cell>& to) {
  if (values.size() != types.size()) {
    error(line.place, fmt::format("`{}` has {}, not {}", shortened(line.function),
                                  counted(types.size(), what), values.size()));
    return false;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto cell = read_value(values[i].literal, types[i]);
    if (!cell) {
      error(values[i].place, fmt::format("{} {} of `{}` has type {}: {}", what, i + 1,
                                         shortened(line.function), name(types[i]), cell.error()));
      return false;
    }
    to.push_back(*cell);
  }
  return true;
}

std::optional<Check> CheckReader::read(const CheckLine& line) {
  const auto found = numbers_.find(line.function);
  if (found == numbers_.end()) {
    Diagnostic missing{
        .place = line.callee,
        .message = fmt::format("there is no function `{}`", shortened(line.function))};
    const std::string_view near =
        errors_.full() ? "" : nearest(line.function, function_names(assembly_.names));
    if (!near.empty()) missing.hint = fmt::format("did you mean `{}`?", near);
    errors_.add(std::move(missing));
    return std::nullopt;
  }
  const std::optional<Function>& function = checked_[found->second].function;
  if (!function) return std::nullopt;  // wrong itself, and said so
  Check check{.place = line.place,
              .function = found->second,
              .arguments = {},
              .fuel = line.fuel,
              .depth = line.depth,
              .trap = line.trap,
              .results = {}};
  if (!cells(line.arguments, function->params(), "parameter", line, check.arguments)) {
    return std::nullopt;
  }
  if (line.trap == Trap::None &&
      !cells(line.results, function->results(), "result", line, check.results)) {
    return std::nullopt;
  }
  return check;
}

// What a text that stands alone calls by hash.
class NoLibrary final : public Library {
 public:
  Result<std::optional<std::string>> find(const Hash&) override { return std::nullopt; }
  Result<Hash> resolve(std::string_view) override {
    return std::unexpected(
        Error{Fault::Program, "a call by hash needs a store, and there is none here"});
  }
};

// Appends the functions that are called by hash to the draft, and makes the calls name them.
Result<StoredFunctions> resolve_hashes(Parsed& parsed, Library& library, Diagnostics& errors) {
  std::vector<std::optional<Hash>> found;
  std::vector<std::string> wrong;
  std::vector<Hash> roots;
  for (const std::string& digits : parsed.hashes) {
    Result<Hash> hash = library.resolve(digits);
    if (!hash && hash.error().fault != Fault::Program) return std::unexpected(hash.error());
    found.push_back(hash ? std::optional(*hash) : std::nullopt);
    wrong.push_back(hash ? "" : hash.error().message);
    if (hash) roots.push_back(*hash);
  }
  Result<StoredFunctions> stored = append_stored(parsed.draft, roots, library);
  if (!stored) return stored;
  for (const HashCall& call : parsed.hash_calls) {
    DraftFunction& caller = parsed.draft.functions[call.function];
    if (found[call.hash]) {
      caller.code[call.instruction].operand = stored->numbers.at(*found[call.hash]);
      continue;
    }
    caller.broken = true;
    // The hash is what stands last in the instruction.
    const std::uint32_t end = parsed.places[call.function].code[call.instruction].end;
    const auto size = static_cast<std::uint32_t>(parsed.hashes[call.hash].size() + 1);
    errors.add({.place = {end - size, end}, .message = wrong[call.hash]});
  }
  return stored;
}

}  // namespace

std::optional<std::uint32_t> Assembly::find(std::string_view name) const {
  for (std::uint32_t i = 0; i < written; ++i) {
    if (names[i].name == name) return i;
  }
  return std::nullopt;
}

Result<Assembly> assemble(std::string_view text, Library& library) {
  Diagnostics errors(Assembly::kMostMessages);
  Parsed parsed = parse(text, errors);
  const Result<StoredFunctions> stored = resolve_hashes(parsed, library, errors);
  if (!stored) return std::unexpected(stored.error());
  Issues wrong(Assembly::kMostMessages);
  Issues odd(Assembly::kMostMessages);
  std::vector<Checked> checked = check(parsed.draft, wrong, odd);

  Assembly assembly;
  assembly.names = std::move(parsed.names);
  assembly.places = std::move(parsed.places);
  assembly.written = static_cast<std::uint32_t>(assembly.names.size());
  for (const Issue& issue : wrong.listed()) {
    if (issue.place.function >= assembly.written) return std::unexpected(damaged(*stored, issue));
    errors.add(diagnostic(issue, Severity::Error, assembly.places));
  }
  errors.count_more(wrong.count() - wrong.listed().size());
  CheckReader reader(assembly, checked, errors);
  for (const CheckLine& line : parsed.checks) {
    std::optional<Check> check = reader.read(line);
    if (check) assembly.checks.push_back(std::move(*check));
  }
  for (std::uint32_t i = 0; i < assembly.written; ++i) {
    renumber(assembly.names[i].locals, checked[i], parsed.draft.functions[i].params.size());
  }
  Diagnostics warnings(Assembly::kMostMessages);
  for (const Issue& issue : odd.listed()) {
    warnings.add(diagnostic(issue, Severity::Warning, assembly.places));
  }
  warnings.count_more(odd.count() - odd.listed().size());
  assembly.errors = errors.sorted();
  assembly.error_count = errors.count();
  assembly.warnings = warnings.sorted();
  assembly.warning_count = warnings.count();
  if (assembly.error_count != 0) return assembly;
  assembly.functions.reserve(checked.size());
  for (Checked& each : checked) assembly.functions.push_back(std::move(*each.function));
  if (stored->hashes.empty()) return assembly;
  const Result<void> confirmed = confirm(*stored, identify(assembly.functions));
  if (!confirmed) return std::unexpected(confirmed.error());
  for (const Hash& hash : stored->hashes) {
    assembly.names.push_back(FunctionNames{.name = "#" + to_hex(hash)});
    assembly.places.emplace_back();
  }
  return assembly;
}

Assembly assemble(std::string_view text) {
  NoLibrary none;
  return *assemble(text, none);
}

}  // namespace rosetta
