// The text is one definition, whose callees are known only by their names. Empty functions of those
// names make it a whole text for the parser; then its draft takes the function's place among all
// that was loaded, and the checker finds its types where it found those of the code.
#include "app/written.h"

#include <unordered_map>

#include "check/check.h"
#include "text/lexer.h"
#include "text/parse.h"

namespace rosetta {
namespace {

// A definition by itself: its draft, and at each call site what it calls there.
struct Definition {
  DraftFunction draft;
  std::vector<std::string> callees;  // a name, or `#` and digits
};

std::optional<Definition> parse_alone(const Binding& binding) {
  std::string text = binding.text;
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (const std::string& callee : binding.callees) {
    if (callee.empty() || callee == binding.name || known.contains(callee)) continue;
    if (!is_name(callee)) return std::nullopt;
    known.emplace(callee, 0);
    text += "\nfn " + callee + "() { trap }";
  }
  Diagnostics errors(1);
  Parsed parsed = parse(text, errors);
  if (errors.count() != 0 || parsed.draft.functions.size() != known.size() + 1) return std::nullopt;
  Definition definition{std::move(parsed.draft.functions.front()), {}};
  std::unordered_map<std::uint32_t, std::uint32_t> hashes;  // by instruction
  for (const HashCall& call : parsed.hash_calls) {
    if (call.function == 0) hashes.emplace(call.instruction, call.hash);
  }
  for (std::uint32_t i = 0; i < definition.draft.code.size(); ++i) {
    const DraftInstruction& instruction = definition.draft.code[i];
    if (operand_kind(instruction.mnemonic) != OperandKind::Callee) continue;
    const auto by_hash = hashes.find(i);
    definition.callees.push_back(by_hash == hashes.end() ? parsed.names[instruction.operand].name
                                                         : "#" + parsed.hashes[by_hash->second]);
  }
  return definition;
}

bool starts_with_digits(const Hash& hash, std::string_view digits) {
  const HashRange range = hash_range(digits);
  return range.first <= hash && hash <= range.last;
}

}  // namespace

bool defines(const Binding& binding, const Loaded& loaded, std::uint32_t function) {
  std::optional<Definition> definition = parse_alone(binding);
  const std::span<const std::uint32_t> callees = loaded.functions[function].callees();
  if (!definition || definition->callees.size() != callees.size()) return false;
  std::unordered_map<std::string_view, std::uint32_t> meant{{binding.name, function}};
  for (std::size_t site = 0; site < callees.size(); ++site) {
    const std::string_view name = definition->callees[site];
    const bool right = name.starts_with('#')
                           ? starts_with_digits(loaded.hashes[callees[site]], name.substr(1))
                           : meant.emplace(name, callees[site]).first->second == callees[site];
    if (!right) return false;
  }
  Draft draft;
  for (const Function& each : loaded.functions) {
    draft.functions.push_back(draft_of(each.parts(), each.callees()));
  }
  std::size_t site = 0;
  for (DraftInstruction& instruction : definition->draft.code) {
    if (operand_kind(instruction.mnemonic) == OperandKind::Callee) {
      instruction.operand = callees[site++];
    }
  }
  definition->draft.stored = true;  // nobody asks for warnings
  draft.functions[function] = std::move(definition->draft);
  Issues errors(0);
  Issues warnings(0);
  const std::vector<Checked> checked = check(draft, errors, warnings);
  return checked[function].function &&
         checked[function].function->parts() == loaded.functions[function].parts();
}

}  // namespace rosetta
