// Readable and yet inverse: with parameters, results and locals typed and literals other than i64
// and f64 given their suffix, a bare mnemonic gets its type back by inference. In code that no path
// reaches it does not, so there exact names stand unless the bare one means the same.
#include "text/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "isa/opcode.h"
#include "text/value.h"

namespace rosetta {
namespace {

class Printer {
 public:
  Printer(const Function& function, const FunctionNames& names,
          std::span<const FunctionNames> module, Style style)
      : function_(function), names_(names), module_(module), style_(style) {}

  Printed print();

 private:
  void name_locals();
  void name_labels();
  void find_reached();
  void head();
  void instruction(std::uint32_t at);
  std::string mnemonic(std::uint32_t at) const;
  std::string operand(const Instruction& instruction) const;
  std::string literal(const Instruction& instruction) const;
  void each_target(const Instruction& instruction, auto use) const;

  const Function& function_;
  const FunctionNames& names_;
  std::span<const FunctionNames> module_;
  Style style_;

  std::vector<std::string> locals_;                           // parameters too
  std::map<std::uint32_t, std::vector<std::string>> labels_;  // by instruction
  std::vector<bool> reached_;
  FunctionPlaces places_;
  std::string out_;

  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(out_.size()); }
};

void Printer::each_target(const Instruction& instruction, auto use) const {
  const OperandKind kind = info(instruction.opcode).operand;
  if (kind == OperandKind::Target) use(instruction.operand);
  if (kind != OperandKind::Table) return;
  for (const std::uint32_t target : function_.table(instruction.operand)) use(target);
}

void Printer::name_locals() {
  std::set<std::string> taken;
  const std::size_t count = function_.params().size() + function_.locals().size();
  const auto given = [&](std::size_t i) -> std::string {
    const std::size_t params = function_.params().size();
    if (i < params) return i < names_.params.size() ? names_.params[i] : "";
    return i - params < names_.locals.size() ? names_.locals[i - params] : "";
  };
  locals_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    locals_[i] = given(i);
    if (!locals_[i].empty() && !taken.insert(locals_[i]).second) locals_[i].clear();
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!locals_[i].empty()) continue;
    locals_[i] = fmt::format("{}{}", i < function_.params().size() ? "p" : "v", i);
    while (!taken.insert(locals_[i]).second) locals_[i] += "_";
  }
}

void Printer::name_labels() {
  std::set<std::string> taken;
  for (const auto& [at, name] : names_.labels) {
    if (at < function_.code().size() && taken.insert(name).second) labels_[at].push_back(name);
  }
  std::set<std::uint32_t> targets;
  for (const Instruction& instruction : function_.code()) {
    each_target(instruction, [&](std::uint32_t target) { targets.insert(target); });
  }
  int next = 1;
  for (const std::uint32_t target : targets) {
    if (!labels_[target].empty()) continue;
    std::string name = fmt::format("L{}", next++);
    while (!taken.insert(name).second) name += "_";
    labels_[target].push_back(name);
  }
}

void Printer::find_reached() {
  reached_.assign(function_.code().size(), false);
  std::vector<std::uint32_t> pending{0};
  while (!pending.empty()) {
    std::uint32_t at = pending.back();
    pending.pop_back();
    for (; !reached_[at]; ++at) {
      reached_[at] = true;
      const Instruction& instruction = function_.code()[at];
      each_target(instruction, [&](std::uint32_t target) { pending.push_back(target); });
      if (info(instruction.opcode).flow == Flow::End) break;
    }
  }
}

void Printer::head() {
  places_.head = {3, 3 + static_cast<std::uint32_t>(names_.name.size())};
  out_ += fmt::format("fn {}(", names_.name);
  for (std::size_t i = 0; i < function_.params().size(); ++i) {
    out_ += fmt::format("{}{}: {}", i == 0 ? "" : ", ", locals_[i], name(function_.params()[i]));
  }
  out_ += ") -> ";
  if (function_.results().size() != 1) out_ += '(';
  for (std::size_t i = 0; i < function_.results().size(); ++i) {
    out_ += fmt::format("{}{}", i == 0 ? "" : ", ", name(function_.results()[i]));
  }
  if (function_.results().size() != 1) out_ += ')';
  out_ += " {\n";
  for (std::size_t i = 0; i < function_.locals().size(); ++i) {
    const std::string& local = locals_[function_.params().size() + i];
    out_ += fmt::format("    local {}: {}\n", local, name(function_.locals()[i]));
  }
}

std::string Printer::mnemonic(std::uint32_t at) const {
  const Opcode opcode = function_.code()[at].opcode;
  const OpcodeInfo& row = info(opcode);
  const std::string_view bare = generic_name(opcode);
  if (style_ == Style::Exact || bare.empty()) return std::string(row.mnemonic);
  if (row.operand == OperandKind::Literal) return std::string(bare);
  if (!reached_[at]) {
    const Generic& meant = generic(*find_mnemonic(bare));
    if (meant.exact[static_cast<std::size_t>(meant.types.choose())] != opcode) {
      return std::string(row.mnemonic);
    }
  }
  return std::string(bare);
}

std::string Printer::literal(const Instruction& instruction) const {
  const Type type = info(instruction.opcode).operand_type;
  std::string text = to_text(instruction.constant, type);
  if (style_ == Style::Exact || type == Type::I64 || type == Type::F64) return text;
  // A name takes no suffix.
  const bool named = text.find('n') != std::string::npos;
  return named ? text : text + std::string(name(type));
}

std::string Printer::operand(const Instruction& instruction) const {
  switch (info(instruction.opcode).operand) {
    case OperandKind::None: return "";
    case OperandKind::Literal: return " " + literal(instruction);
    case OperandKind::Local: return " " + locals_[instruction.operand];
    case OperandKind::Target: return " " + labels_.at(instruction.operand).front();
    case OperandKind::Callee: {
      const std::size_t site = instruction.operand;
      const bool named = site < names_.callees.size() && !names_.callees[site].empty();
      return " " + (named ? names_.callees[site] : module_[function_.callees()[site]].name);
    }
    case OperandKind::Table: {
      std::string text;
      for (const std::uint32_t target : function_.table(instruction.operand)) {
        text += " " + labels_.at(target).front();
      }
      return text;
    }
    case OperandKind::Text: {
      std::string text = " \"";
      for (const char c : function_.text(instruction.operand)) {
        if (c == '\n')
          text += "\\n";
        else if (c == '\t')
          text += "\\t";
        else if (c == '"' || c == '\\')
          (text += '\\') += c;
        else
          text += c;
      }
      return text + '"';
    }
  }
  return "";
}

void Printer::instruction(std::uint32_t at) {
  const auto labels = labels_.find(at);
  if (labels != labels_.end()) {
    for (const std::string& label : labels->second) out_ += label + ":\n";
  }
  const Instruction& instruction = function_.code()[at];
  std::string word = mnemonic(at);
  std::string rest = operand(instruction);
  // A named float that is an f32 can only be pushed by its exact name.
  if (instruction.opcode == Opcode::F32Const && rest.find('n') != std::string::npos) {
    word = info(instruction.opcode).mnemonic;
  }
  out_ += "    ";
  const std::uint32_t begin = end();
  out_ += word;
  out_ += rest;
  places_.code.push_back({begin, end()});
  out_ += '\n';
}

Printed Printer::print() {
  name_locals();
  name_labels();
  find_reached();
  head();
  for (std::uint32_t at = 0; at < function_.code().size(); ++at) instruction(at);
  out_ += "}\n";
  return {std::move(out_), std::move(places_)};
}

}  // namespace

std::string print(const Function& function, const FunctionNames& names,
                  std::span<const FunctionNames> module, Style style) {
  return print_placed(function, names, module, style).text;
}

Printed print_placed(const Function& function, const FunctionNames& names,
                     std::span<const FunctionNames> module, Style style) {
  return Printer(function, names, module, style).print();
}

}  // namespace rosetta
