// Identity of the generator's programs, with all opcodes and types: what moves hashes, and what
// does not.
//
// ROSETTAVM_SEEDS="first:count" asks for other seeds than the suite's (fuzz/seeds.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "code/identity.h"
#include "fuzz/generator.h"
#include "fuzz/seeds.h"
#include "fuzz/values.h"
#include "isa/opcode.h"
#include "text/assemble.h"
#include "text/print.h"
#include "unit/call_graph.h"
#include "unit/objects.h"

namespace rosetta {
namespace {

#if __has_feature(address_sanitizer)
constexpr unsigned long long kPrograms = 60;
#else
constexpr unsigned long long kPrograms = 400;
#endif

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) (text += line) += '\n';
  return text;
}

std::string print_all(const Assembly& assembly, std::span<const FunctionNames> names, Style style,
                      std::span<const std::uint32_t> order) {
  std::string text;
  for (const std::uint32_t i : order) {
    text += print(assembly.functions[i], names[i], names, style);
  }
  return text;
}

// Everything that has a name gets another one.
std::vector<FunctionNames> renamed(const Assembly& assembly, fuzz::Random& random) {
  const auto count = static_cast<std::uint32_t>(assembly.names.size());
  const std::vector<std::string> names = random_names(random, count);
  std::vector<FunctionNames> result(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    result[i].name = names[i];
    const std::size_t params = assembly.names[i].params.size();
    const std::size_t locals = assembly.names[i].locals.size();
    for (std::size_t k = 0; k < params; ++k) result[i].params.push_back(fmt::format("z{}", k));
    for (std::size_t k = 0; k < locals; ++k) result[i].locals.push_back(fmt::format("a{}", k));
    for (const auto& [at, label] : assembly.names[i].labels) {
      result[i].labels.emplace_back(at, "_" + label);
    }
  }
  return result;
}

bool is_code(std::string_view line) {
  return line.starts_with("    ") && !line.starts_with("    local ");
}

// Printed text with offsets in the place of labels.
std::string with_offsets(std::string_view text) {
  std::vector<std::string> result;
  std::vector<std::string> lines = lines_of(text);
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find(begin, lines.end(), "}") + 1;
    std::map<std::string, int> labels;
    int here = 0;
    for (auto line = begin + 1; line != end; ++line) {
      if (is_code(*line)) ++here;
      if (!line->starts_with(' ')) labels[line->substr(0, line->size() - 1)] = here;
    }
    here = 0;
    result.push_back(*begin);
    for (auto line = begin + 1; line != end; ++line) {
      if (!line->starts_with(' ') && *line != "}") continue;  // a label
      if (is_code(*line)) {
        std::size_t blank = line->starts_with("    jump") ? line->find(' ', 4) : std::string::npos;
        while (blank != std::string::npos) {
          const std::size_t next = line->find(' ', blank + 1);
          const std::string label = line->substr(blank + 1, next - blank - 1);
          line->replace(blank + 1, label.size(), std::to_string(labels.at(label) - here));
          blank = line->find(' ', blank + 1);
        }
        ++here;
      }
      result.push_back(*line);
    }
    begin = end;
  }
  return joined(result);
}

TEST(IdentityProgramTest, NoSpellingMovesAHash) {
  fuzz::for_all_seeds(kPrograms, [](std::uint64_t seed) -> std::string {
    fuzz::Random random(seed);
    const std::string text = fuzz::random_program(seed);
    const Assembly assembly = assemble(text);
    const std::vector<Hash> hashes = identify(functions_of(text));
    const auto count = static_cast<std::uint32_t>(hashes.size());
    for (const Style style : {Style::Readable, Style::Exact}) {
      const std::vector<std::uint32_t> order = random_order(random, count);
      const std::vector<FunctionNames> names = renamed(assembly, random);
      const std::string printed = print_all(assembly, names, style, order);
      for (const std::string& spelling : {printed, with_offsets(printed)}) {
        const std::vector<Hash> again = identify(functions_of(spelling));
        for (std::uint32_t i = 0; i < count; ++i) {
          if (again.at(i) == hashes[order[i]]) continue;
          return fmt::format("seed {}: {} has moved as\n{}", seed, assembly.names[order[i]].name,
                             spelling);
        }
      }
    }
    return "";
  });
}

// The name of some function with the types of the one called `name`.
std::string_view like(std::string_view name, const Assembly& assembly, fuzz::Random& random) {
  const Function& function = assembly.functions[*assembly.find(name)];
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < assembly.functions.size(); ++i) {
    if (std::ranges::equal(assembly.functions[i].params(), function.params()) &&
        std::ranges::equal(assembly.functions[i].results(), function.results())) {
      found.push_back(assembly.names[i].name);
    }
  }
  return random.pick(found);
}

// A line that says something else, though not for sure something that is right.
std::string changed(const std::string& line, const Assembly& assembly, fuzz::Random& random) {
  const std::size_t begin = line.find_first_not_of(' ');
  const std::size_t blank = std::min(line.find(' ', begin), line.size());
  const std::string word = line.substr(begin, blank - begin);
  if (word == "print") return "    print \"another text\"";
  const auto mnemonic = find_mnemonic(word);
  if (!mnemonic || is_generic(*mnemonic)) return line;
  const OpcodeInfo& row = info(static_cast<Opcode>(*mnemonic));
  switch (row.operand) {
    case OperandKind::Literal: {
      const auto type = fuzz::type_named(name(row.operand_type));
      return fmt::format("    {} {}", word,
                         fuzz::literal(random, type, fuzz::random_cell(random, type)));
    }
    case OperandKind::Local: return fmt::format("    {} {}", word, random.below(6));
    case OperandKind::Callee:
      return fmt::format("    {} {}", word, like(line.substr(blank + 1), assembly, random));
    case OperandKind::Target: return fmt::format("    {} {}", word, random.below(12));
    case OperandKind::Text:
    case OperandKind::Table:
    case OperandKind::None: break;
  }
  if (!row.regular) return line;
  std::vector<std::string_view> kin;
  for (const OpcodeInfo& other : all_opcodes()) {
    if (other.regular && other.arity == row.arity && other.operand_type == row.operand_type &&
        other.result_type == row.result_type) {
      kin.push_back(other.mnemonic);
    }
  }
  return fmt::format("    {}", random.pick(kin));
}

// What a change to one line of a program did.
struct Change {
  std::vector<Function> before;
  std::vector<Function> after;
  std::uint32_t where = 0;
  bool body = false;  // else only callees
  std::string text;
};

// `text` is the program's, an instruction a line.
std::optional<Change> random_change(fuzz::Random& random, const Assembly& assembly,
                                    std::string_view text) {
  std::vector<std::string> lines = lines_of(text);
  std::vector<std::size_t> code;
  const std::string_view begin = random.chance(40) ? "    call " : "    ";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_code(lines[i]) && lines[i].starts_with(begin)) code.push_back(i);
  }
  if (code.empty()) return std::nullopt;
  std::string& line = lines[random.pick(code)];
  line = changed(line, assembly, random);
  Change change;
  change.before = assembly.functions;
  change.text = joined(lines);
  Assembly after = assemble(change.text);
  if (after.error_count > 0) return std::nullopt;
  change.after = std::move(after.functions);
  for (std::uint32_t i = 0; i < change.after.size(); ++i) {
    FunctionParts was = change.before[i].parts();
    FunctionParts is = change.after[i].parts();
    if (was == is) continue;
    change.where = i;
    change.body = was.callees == is.callees;
    return change;
  }
  return std::nullopt;
}

std::vector<bool> reaching(std::span<const Function> functions, std::uint32_t to) {
  CallGraph graph;
  for (const Function& function : functions) {
    graph.functions.push_back({0, {function.callees().begin(), function.callees().end()}});
  }
  return reaching(graph, to);
}

// One opcode, constant, local, text, target or callee: its function moves and whoever reaches it,
// and no other.
std::string moved_by(const Change& change) {
  const std::vector<Hash> before = identify(change.before);
  const std::vector<Hash> after = identify(change.after);
  std::vector<bool> may_move = reaching(change.before, change.where);
  bool must_move = change.body;
  if (!change.body) {
    // Another callee is another function where it is, and does not lead back here.
    const auto was = change.before[change.where].callees();
    const auto is = change.after[change.where].callees();
    for (std::size_t site = 0; site < was.size(); ++site) {
      if (before[was[site]] != before[is[site]] && !may_move[is[site]]) must_move = true;
    }
  }
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    const bool moved = before[i] != after[i];
    if (moved && !may_move[i]) return fmt::format("function {} has moved", i);
    if (!moved && may_move[i] && must_move) return fmt::format("function {} has stayed", i);
  }
  return "";
}

TEST(IdentityProgramTest, AChangeMovesWhoReachesIt) {
  int bodies = 0;
  int callees = 0;
  fuzz::for_all_seeds(kPrograms, [&](std::uint64_t seed) -> std::string {
    fuzz::Random random(seed);
    const Assembly assembly =
        assemble(fuzz::random_program(seed, {.functions = 8, .statements = 5}));
    std::vector<std::uint32_t> order(assembly.functions.size());
    std::iota(order.begin(), order.end(), 0);
    const std::string text = print_all(assembly, assembly.names, Style::Exact, order);
    for (int i = 0; i < 12; ++i) {
      const std::optional<Change> change = random_change(random, assembly, text);
      if (!change) continue;
      ++(change->body ? bodies : callees);
      const std::string wrong = moved_by(*change);
      if (wrong.empty()) continue;
      return fmt::format("seed {}: {} after a change in {}\n{}", seed, wrong, change->where,
                         change->text);
    }
    return "";
  });
  if (fuzz::seeds(kPrograms).count < kPrograms) return;  // too few to say
  EXPECT_GT(bodies, 100);
  EXPECT_GT(callees, 5);
}

}  // namespace
}  // namespace rosetta
