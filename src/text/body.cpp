// A line at a time, and after an error on to the next line. Labels and locals may be used before
// they are declared, so operands hold ids until the closing brace, where all are known.
#include "text/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "base/wording.h"
#include "code/function.h"
#include "text/value.h"

namespace rosetta {
namespace {

// Mnemonics are in lower case; whoever shouts gets them suggested.
std::string lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

class BodyParser {
 public:
  BodyParser(Tokens& tokens, Functions& functions, DraftFunction& draft, FunctionNames& names,
             FunctionPlaces& places, Allowance most)
      : tokens_(tokens),
        functions_(functions),
        draft_(draft),
        names_(names),
        places_(places),
        most_(most) {}

  void parse();

 private:
  // An operand that is an id until the body is read. `entry` is the place in a jumptable.
  struct Fixup {
    std::uint32_t instruction;
    std::uint32_t entry;
    std::uint32_t id;
    Span place;
  };
  struct Label {
    std::uint32_t target = kUndefined;
    Span place;
  };
  static constexpr std::uint32_t kUndefined = 0xffff'ffff;

  void label(const Token& name);
  void local();
  bool instruction(const Token& mnemonic);
  bool operand(const Token& word, DraftInstruction& to);
  bool literal_operand(DraftInstruction& to);
  bool local_operand(DraftInstruction& to);
  bool target_operand(std::uint32_t& to, std::uint32_t entry);
  bool table_operand(DraftInstruction& to);
  bool callee_operand(DraftInstruction& to);
  bool text_operand(DraftInstruction& to);
  void resolve_labels();
  void resolve_locals();

  [[nodiscard]] std::uint32_t here() const {
    return static_cast<std::uint32_t>(draft_.code.size());
  }
  // Nothing is there to be an operand of the mnemonic.
  bool missing(std::string_view what) {
    return tokens_.error(tokens_.peek().span,
                         fmt::format("`{}` needs {} on its line, but there is {}", mnemonic_, what,
                                     Tokens::describe(tokens_.peek())));
  }

  Tokens& tokens_;
  Functions& functions_;
  DraftFunction& draft_;
  FunctionNames& names_;
  FunctionPlaces& places_;
  Allowance most_;

  std::string_view mnemonic_;
  Interned label_ids_;
  std::vector<Label> labels_;
  std::vector<Fixup> jumps_;
  Interned local_ids_;                   // parameters first, then as met
  std::vector<std::uint32_t> declared_;  // by local id: written number, or kUndefined
  std::vector<Span> declared_at_;
  std::vector<Fixup> named_locals_;
  std::vector<Fixup> numbered_locals_;
  std::uint32_t locals_ = 0;    // declared
  std::uint64_t numbered_ = 0;  // one beyond the greatest number stored to
};

void BodyParser::label(const Token& name) {
  const std::uint32_t id = label_ids_.id(name.text);
  if (id >= labels_.size()) labels_.resize(id + 1);
  Label& label = labels_[id];
  if (label.target != kUndefined) return tokens_.twice("label", name, label.place);
  if (names_.labels.size() == most_.labels) {
    tokens_.error(name.span, fmt::format("a file has at most {} labels", kMostLabels));
    return;
  }
  label = {here(), name.span};
  names_.labels.emplace_back(here(), name.text);
}

void BodyParser::local() {
  const std::optional<Token> name = tokens_.expect_name("the local's name behind `local`");
  if (!name) return tokens_.skip_line();
  const std::uint32_t id = local_ids_.id(name->text);
  if (id >= declared_.size()) {
    declared_.resize(id + 1, kUndefined);
    declared_at_.resize(id + 1);
  }
  TypeSet type = kAnyType;
  if (tokens_.accept(":")) {
    const std::optional<Type> given = tokens_.expect_type();
    if (!given) return tokens_.skip_line();
    type = *given;
  }
  if (declared_[id] != kUndefined) {
    if (id < draft_.params.size()) {
      tokens_.error(name->span, fmt::format("`{}` is a parameter already", shortened(name->text)));
      return;
    }
    return tokens_.twice("local", *name, declared_at_[id]);
  }
  if (draft_.params.size() + locals_ == Function::kMostCells) {
    tokens_.error(name->span, fmt::format("a function has at most {} parameters and locals",
                                          Function::kMostCells));
  }
  declared_[id] = static_cast<std::uint32_t>(draft_.params.size()) + locals_++;
  declared_at_[id] = name->span;
  if (draft_.locals.size() < Function::kMostCells) {
    draft_.locals.push_back(type);
    names_.locals.emplace_back(name->text);
  }
}

bool BodyParser::literal_operand(DraftInstruction& to) {
  const Token token = tokens_.peek_operand();
  if (token.ends_line() || token.is("}")) return missing("a literal");
  tokens_.take();
  const auto literal = token.kind == Token::Kind::Value
                           ? read_literal(token.text)
                           : std::unexpected(fmt::format("`{}` needs a literal, not {}", mnemonic_,
                                                         Tokens::describe(token)));
  if (!literal) {
    const bool local = token.kind == Token::Kind::Word && local_ids_.ids.contains(token.text);
    return tokens_.error(token.span, literal.error(),
                         local ? fmt::format("load {}", token.text) : "");
  }
  Literal value = *literal;
  if (!is_generic(to.mnemonic)) {
    // `f64.const 2` is `push 2f64`.
    const Type type = info(static_cast<Opcode>(to.mnemonic)).operand_type;
    if (value.types == kIntegers && is_float(type)) {
      const auto suffixed = read_literal(fmt::format("{}{}", token.text, name(type)));
      if (suffixed) value = *suffixed;
    }
    if (!value.types.has(type)) {
      return tokens_.error(token.span,
                           fmt::format("`{}` needs a literal of type {}", mnemonic_, name(type)));
    }
    value.types = type;
    to.mnemonic = *find_mnemonic("push");  // a suffix says the same
  }
  to.operand = static_cast<std::uint32_t>(draft_.literals.size());
  draft_.literals.push_back(value);
  return true;
}

bool BodyParser::local_operand(DraftInstruction& to) {
  const Token& token = tokens_.peek();
  if (token.kind == Token::Kind::Word) {
    named_locals_.push_back({here(), 0, local_ids_.id(token.text), token.span});
    tokens_.take();
    return true;
  }
  if (token.kind != Token::Kind::Value) return missing("a local's name or number");
  std::uint32_t number = 0;
  const char* const end = token.text.data() + token.text.size();
  const auto [rest, failure] = std::from_chars(token.text.data(), end, number);
  if (failure != std::errc() || rest != end || number > Function::kMostCells) {
    return tokens_.error(tokens_.take().span,
                         fmt::format("a local's number is 0 to {}", Function::kMostCells));
  }
  to.operand = number;
  if (number >= draft_.params.size()) {
    numbered_locals_.push_back({here(), 0, number, token.span});
    if (mnemonic_ != "load") numbered_ = std::max(numbered_, std::uint64_t{number} + 1);
  }
  tokens_.take();
  return true;
}

bool BodyParser::target_operand(std::uint32_t& to, std::uint32_t entry) {
  const Token token = tokens_.peek();
  if (token.kind == Token::Kind::Word) {
    const std::uint32_t id = label_ids_.id(token.text);
    if (id >= labels_.size()) labels_.resize(id + 1);
    jumps_.push_back({here(), entry, id, token.span});
    tokens_.take();
    return true;
  }
  if (token.kind != Token::Kind::Value) return missing("a label or an offset");
  tokens_.take();
  std::string_view digits = token.text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t offset = 0;
  const auto [rest, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  if (failure == std::errc::invalid_argument || rest != digits.data() + digits.size()) {
    return tokens_.error(token.span,
                         fmt::format("an offset is a number of instructions, as 8 or -3; `{}` is "
                                     "neither that nor a label",
                                     token.text));
  }
  // Where it does not fit the checker says that it leaves the body.
  const bool fits = failure == std::errc() && offset > -(1LL << 32) && offset < 1LL << 32;
  const std::int64_t target = fits ? std::int64_t{here()} + offset : -1;
  to = target < 0 || target >= std::int64_t{kUndefined} ? kUndefined
                                                        : static_cast<std::uint32_t>(target);
  return true;
}

bool BodyParser::table_operand(DraftInstruction& to) {
  to.operand = static_cast<std::uint32_t>(draft_.tables.size());
  std::vector<std::uint32_t>& table = draft_.tables.emplace_back();
  while (!tokens_.peek().ends_line() && !tokens_.peek().is("}")) {
    table.push_back(kUndefined);
    if (!target_operand(table.back(), static_cast<std::uint32_t>(table.size() - 1))) return false;
  }
  return !table.empty() || missing("its targets, the default last,");
}

bool BodyParser::callee_operand(DraftInstruction& to) {
  const Token token = tokens_.peek();
  if (token.kind == Token::Kind::Value && token.text.starts_with('#')) {
    const std::string_view digits = token.text.substr(1);
    if (!is_hash_prefix(digits)) {
      return tokens_.error(tokens_.take().span,
                           fmt::format("a hash is `#` and {} to {} hexadecimal digits",
                                       kFewestHashDigits, kHashDigits));
    }
  } else if (token.kind != Token::Kind::Word) {
    return missing("a function's name or hash");
  }
  to.operand = functions_.id(token.text);
  tokens_.take();
  return true;
}

bool BodyParser::text_operand(DraftInstruction& to) {
  const Token token = tokens_.take();
  std::string text;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    if (token.text[i] != '\\') {
      text += token.text[i];
      continue;
    }
    constexpr std::string_view kEscapes = "nt\"\\";
    const std::size_t escape = kEscapes.find(token.text[++i]);
    if (escape == std::string_view::npos) {
      const auto at = token.span.begin + static_cast<std::uint32_t>(i);
      return tokens_.error({at - 1, at + 1}, "an escape is one of \\n \\t \\\" \\\\");
    }
    text += "\n\t\"\\"[escape];
  }
  to.operand = static_cast<std::uint32_t>(draft_.texts.size());
  draft_.texts.push_back(std::move(text));
  return true;
}

bool BodyParser::operand(const Token& word, DraftInstruction& to) {
  if (word.text == "print" && tokens_.peek().kind == Token::Kind::String) {
    to.mnemonic = mnemonic_of(Opcode::PrintText);
  }
  switch (operand_kind(to.mnemonic)) {
    case OperandKind::None: return true;
    case OperandKind::Literal: return literal_operand(to);
    case OperandKind::Local: return local_operand(to);
    case OperandKind::Target: return target_operand(to.operand, kUndefined);
    case OperandKind::Table: return table_operand(to);
    case OperandKind::Callee: return callee_operand(to);
    case OperandKind::Text: return text_operand(to);
  }
  return true;
}

bool BodyParser::instruction(const Token& word) {
  mnemonic_ = word.text;
  const std::optional<Mnemonic> mnemonic = find_mnemonic(word.text);
  if (!mnemonic) {
    return tokens_.error(word.span,
                         fmt::format("there is no instruction {}", Tokens::describe(word)),
                         tokens_.suggest(lower_case(word.text), all_spellings()));
  }
  if (draft_.code.size() == most_.instructions) {
    return tokens_.error(word.span,
                         fmt::format("a file has at most {} instructions", kMostInstructions));
  }
  DraftInstruction to{.mnemonic = *mnemonic};
  const std::size_t jumps = jumps_.size();
  const std::size_t named = named_locals_.size();
  const std::size_t numbered = numbered_locals_.size();
  if (!operand(word, to)) {
    // What it left to be resolved would be taken for the next instruction's.
    jumps_.resize(jumps);
    named_locals_.resize(named);
    numbered_locals_.resize(numbered);
    return false;
  }
  draft_.code.push_back(to);
  places_.code.push_back({word.span.begin, tokens_.last().span.end});
  return true;
}

void BodyParser::resolve_labels() {
  std::vector<std::string_view> defined;
  for (std::uint32_t id = 0; id < labels_.size(); ++id) {
    if (labels_[id].target != kUndefined) defined.push_back(label_ids_.names[id]);
  }
  for (const Fixup& jump : jumps_) {
    const std::uint32_t target = labels_[jump.id].target;
    if (target == kUndefined) {
      if (tokens_.errors_full()) {
        tokens_.count_error();
        continue;
      }
      tokens_.error(jump.place,
                    fmt::format("there is no label `{}`", shortened(label_ids_.names[jump.id])),
                    tokens_.suggest(label_ids_.names[jump.id], defined));
      continue;
    }
    DraftInstruction& instruction = draft_.code[jump.instruction];
    if (jump.entry == kUndefined) {
      instruction.operand = target;
    } else {
      draft_.tables[instruction.operand][jump.entry] = target;
    }
  }
}

void BodyParser::resolve_locals() {
  for (const Fixup& use : named_locals_) {
    if (use.id < declared_.size() && declared_[use.id] != kUndefined) {
      draft_.code[use.instruction].operand = declared_[use.id];
      continue;
    }
    if (tokens_.errors_full()) {
      tokens_.count_error();
      continue;
    }
    std::vector<std::string_view> known;
    for (std::size_t id = 0; id < declared_.size(); ++id) {
      if (declared_[id] != kUndefined) known.push_back(local_ids_.names[id]);
    }
    tokens_.error(
        use.place,
        fmt::format("there is no parameter or local `{}`", shortened(local_ids_.names[use.id])),
        tokens_.suggest(local_ids_.names[use.id], known));
  }
  // Of the locals that only numbers make, those that are used stand behind the declared ones in
  // the order of their first use, as if declared so: all others would be dropped anyway.
  const std::size_t declared = draft_.params.size() + locals_;
  const std::size_t all = std::max<std::size_t>(declared, numbered_);
  std::unordered_map<std::uint32_t, std::uint32_t> made;
  for (const Fixup& use : numbered_locals_) {
    if (use.id >= all) {
      tokens_.error(use.place,
                    fmt::format("there is no local {}: `{}` has {} parameters and locals", use.id,
                                shortened(draft_.name), all));
      continue;
    }
    if (use.id < declared) continue;
    const auto next = static_cast<std::uint32_t>(declared + made.size());
    const auto [number, fresh] = made.emplace(use.id, next);
    if (fresh) {
      draft_.locals.push_back(kAnyType);
      names_.locals.emplace_back();
    }
    draft_.code[use.instruction].operand = number->second;
  }
}

void BodyParser::parse() {
  for (const std::string& param : names_.params) {
    const std::uint32_t id = local_ids_.id(param);
    if (id == declared_.size()) {
      declared_.push_back(id);
      declared_at_.emplace_back();
    }
  }
  for (;;) {
    if (tokens_.accept("}")) break;
    const Token& next = tokens_.peek();
    if (next.kind == Token::Kind::End || next.is_word("fn") || next.is_word("check")) {
      tokens_.error(places_.head,
                    fmt::format("the body of `{}` has no closing `}}`", shortened(draft_.name)), {},
                    {{tokens_.peek().span, "it is missed before this"}});
      break;
    }
    const Token token = tokens_.take();
    if (token.kind == Token::Kind::Newline) continue;
    if (token.kind != Token::Kind::Word) {
      const bool open_string = token.kind == Token::Kind::Bad && token.text.starts_with('"');
      tokens_.error(token.span, open_string ? "the string has no closing quote"
                                            : fmt::format("expected an instruction, found {}",
                                                          Tokens::describe(token)));
      tokens_.skip_line();
      tokens_.accept("{");
    } else if (tokens_.label_ends()) {
      label(token);
    } else if (token.text == "local") {
      local();
    } else if (!instruction(token)) {
      tokens_.skip_line();
      tokens_.accept("{");
    }
  }
  resolve_labels();
  resolve_locals();
}

}  // namespace

void parse_body(Tokens& tokens, Functions& functions, DraftFunction& draft, FunctionNames& names,
                FunctionPlaces& places, Allowance most) {
  BodyParser(tokens, functions, draft, names, places, most).parse();
}

}  // namespace rosetta
