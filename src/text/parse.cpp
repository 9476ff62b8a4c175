// Two levels, two files: this one reads what stands at the top of a file; body.cpp what stands
// between the braces. Calls may name functions that come later, so they are resolved at the end.
#include "text/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/wording.h"
#include "code/function.h"
#include "text/body.h"
#include "text/value.h"

namespace rosetta {

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = listed_;
  std::sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.begin, a.message) < std::tie(b.place.begin, b.message);
  });
  return sorted;
}

namespace {

class FileParser {
 public:
  FileParser(std::string_view text, Diagnostics& errors) : tokens_(text, errors) {}

  Parsed parse();

 private:
  void function();
  bool head(DraftFunction& draft, FunctionNames& names);
  bool parameters(DraftFunction& draft, FunctionNames& names);
  bool results(DraftFunction& draft);
  void check_line();
  bool check_parts(CheckLine& check);
  bool values(std::vector<CheckLine::Value>& values);
  bool value(std::vector<CheckLine::Value>& values);
  bool count(std::optional<std::uint64_t>& count);
  void resolve_calls();

  Tokens tokens_;
  Functions functions_;
  std::size_t instructions_ = 0;
  std::size_t labels_ = 0;
  Parsed parsed_;
};

bool FileParser::parameters(DraftFunction& draft, FunctionNames& names) {
  std::unordered_map<std::string_view, Span> seen;
  if (!tokens_.expect("(", "the parameters in parentheses")) return false;
  while (!tokens_.accept(")")) {
    if (!draft.params.empty() && !tokens_.expect(",", "`,` or `)`")) return false;
    tokens_.skip_newlines();
    const std::optional<Token> name = tokens_.expect_name("a parameter's name");
    if (!name) return false;
    const auto [first, fresh] = seen.emplace(name->text, name->span);
    if (!fresh) tokens_.twice("parameter", *name, first->second);
    names.params.emplace_back(name->text);
    draft.params.push_back(kAnyType);
    if (tokens_.accept(":")) {
      const std::optional<Type> type = tokens_.expect_type();
      if (!type) return false;
      draft.params.back() = *type;
    }
    tokens_.skip_newlines();
  }
  if (draft.params.size() > Function::kMostCells) {
    tokens_.error(tokens_.peek().span,
                  fmt::format("a function has at most {} parameters", Function::kMostCells));
    return false;
  }
  return true;
}

bool FileParser::results(DraftFunction& draft) {
  if (!tokens_.accept("->")) {
    draft.results.assign(1, kAnyType);
    return true;
  }
  if (!tokens_.accept("(")) {
    const std::optional<Type> type = tokens_.expect_type();
    if (type) draft.results.push_back(*type);
    return type.has_value();
  }
  while (!tokens_.accept(")")) {
    if (!draft.results.empty() && !tokens_.expect(",", "`,` or `)`")) return false;
    const std::optional<Type> type = tokens_.expect_type();
    if (!type) return false;
    draft.results.push_back(*type);
  }
  if (draft.results.size() > Function::kMostCells) {
    return tokens_.error(tokens_.last().span,
                         fmt::format("a function has at most {} results", Function::kMostCells));
  }
  return true;
}

bool FileParser::head(DraftFunction& draft, FunctionNames& names) {
  const std::optional<Token> name = tokens_.expect_name("the function's name behind `fn`");
  if (!name) return false;
  draft.name = names.name = name->text;
  parsed_.places.back().head = name->span;
  const auto number = static_cast<std::uint32_t>(parsed_.draft.functions.size() - 1);
  const std::uint32_t id = functions_.id(name->text);
  if (functions_.number[id] == Functions::kUndefined) {
    functions_.number[id] = number;
  } else {
    tokens_.twice("function", *name, parsed_.places[functions_.number[id]].head);
  }
  const bool right = parameters(draft, names) && results(draft);
  return right && tokens_.expect("{", "`{` before the body");
}

void FileParser::function() {
  if (parsed_.draft.functions.size() == kMostFunctions) {
    tokens_.error(tokens_.last().span,
                  fmt::format("a file has at most {} functions", kMostFunctions));
    return tokens_.skip_body();
  }
  DraftFunction& draft = parsed_.draft.functions.emplace_back();
  FunctionNames& names = parsed_.names.emplace_back();
  FunctionPlaces& places = parsed_.places.emplace_back();
  places.whole.begin = tokens_.last().span.begin;
  const std::uint64_t before = tokens_.error_count();
  if (!head(draft, names)) {
    // Without its head a body would only give errors that come of it.
    draft.broken = true;
    if (draft.results.empty()) draft.results.assign(1, kAnyType);
    tokens_.skip_body();
    return;
  }
  parse_body(tokens_, functions_, draft, names, places,
             {kMostInstructions - instructions_, kMostLabels - labels_});
  places.whole.end = tokens_.last().span.end;
  instructions_ += draft.code.size();
  labels_ += names.labels.size();
  if (tokens_.error_count() != before) draft.broken = true;
}

bool FileParser::value(std::vector<CheckLine::Value>& values) {
  const Token token = tokens_.take_operand();
  const auto literal = token.kind == Token::Kind::Value
                           ? read_literal(token.text)
                           : std::unexpected<std::string>("expected a literal");
  if (!literal) return tokens_.error(token.span, literal.error());
  values.push_back({*literal, token.span});
  return true;
}

// ( ) or ( literal, … ), the opening parenthesis already read.
bool FileParser::values(std::vector<CheckLine::Value>& list) {
  if (tokens_.accept(")")) return true;
  do {
    if (!value(list)) return false;
  } while (tokens_.accept(","));
  return tokens_.expect(")", "`,` or `)`");
}

bool FileParser::count(std::optional<std::uint64_t>& count) {
  const Token token = tokens_.take();
  const auto literal = read_literal(token.kind == Token::Kind::Value ? token.text : "");
  if (!literal || literal->negative || (literal->types & kIntegers).empty()) {
    return tokens_.error(token.span, "expected a number that is not negative");
  }
  count = literal->bits;
  return true;
}

bool FileParser::check_parts(CheckLine& check) {
  const std::optional<Token> name = tokens_.expect_name("a call, as `check f(1) == 2`");
  if (!name) return false;
  check.function = name->text;
  check.callee = name->span;
  if (!tokens_.expect("(", "the arguments in parentheses") || !values(check.arguments)) {
    return false;
  }
  for (;;) {
    const Token token = tokens_.peek();
    if (!token.is_word("fuel") && !token.is_word("depth")) break;
    tokens_.take();
    std::optional<std::uint64_t>& limit = token.text == "fuel" ? check.fuel : check.depth;
    if (limit) {
      return tokens_.error(token.span, fmt::format("`{}` is there twice", token.text));
    }
    if (!count(limit)) return false;
  }
  if (tokens_.accept("==")) {
    return tokens_.accept("(") ? values(check.results) : value(check.results);
  }
  const Token token = tokens_.take();
  if (!token.is_word("traps")) {
    return tokens_.error(token.span, "expected `== RESULT` or `traps NAME`");
  }
  // A trap's name is words and hyphens, which come as several tokens without blanks between.
  const Token first = tokens_.take();
  Span span = first.span;
  while (tokens_.peek().span.begin == span.end && tokens_.peek().kind == Token::Kind::Value) {
    span.end = tokens_.take().span.end;
  }
  const std::string_view spelling = tokens_.text(span);
  const std::optional<Trap> trap = trap_named(spelling);
  if (!trap) {
    if (first.ends_line()) return tokens_.error(span, "expected the name of a trap");
    return tokens_.error(span, fmt::format("there is no trap `{}`", shortened(spelling)),
                         tokens_.suggest(spelling, std::span(kTrapNames).subspan(1)));
  }
  check.trap = *trap;
  return true;
}

void FileParser::check_line() {
  CheckLine check;
  const std::uint32_t begin = tokens_.last().span.begin;
  if (!check_parts(check)) {
    if (!tokens_.last().ends_line()) tokens_.skip_line();
    return;
  }
  check.place = {begin, tokens_.last().span.end};
  if (!tokens_.peek().ends_line()) {
    tokens_.error(tokens_.peek().span, "expected the end of the line");
    return tokens_.skip_line();
  }
  if (parsed_.checks.size() == kMostChecks) {
    tokens_.error(check.place, fmt::format("a file has at most {} checks", kMostChecks));
    return;
  }
  parsed_.checks.push_back(std::move(check));
}

void FileParser::resolve_calls() {
  const std::vector<std::string_view> defined = function_names(parsed_.names);
  constexpr std::uint32_t kNone = 0xffff'ffff;
  std::vector<std::uint32_t> hashes(functions_.names.size(), kNone);  // by id: in parsed_.hashes
  for (std::size_t f = 0; f < parsed_.draft.functions.size(); ++f) {
    DraftFunction& draft = parsed_.draft.functions[f];
    for (std::size_t i = 0; i < draft.code.size(); ++i) {
      DraftInstruction& instruction = draft.code[i];
      if (operand_kind(instruction.mnemonic) != OperandKind::Callee) continue;
      const std::uint32_t id = instruction.operand;
      instruction.operand = functions_.number[id];
      if (instruction.operand != Functions::kUndefined) continue;
      instruction.operand = 0;  // any function, for now
      const std::string_view name = functions_.names[id];
      if (name.starts_with('#')) {
        if (hashes[id] == kNone) {
          hashes[id] = static_cast<std::uint32_t>(parsed_.hashes.size());
          parsed_.hashes.emplace_back(name.substr(1));
        }
        parsed_.hash_calls.push_back(
            {static_cast<std::uint32_t>(f), static_cast<std::uint32_t>(i), hashes[id]});
        continue;
      }
      draft.broken = true;  // its code is not looked at
      if (tokens_.errors_full()) {
        tokens_.count_error();
        continue;
      }
      tokens_.error(parsed_.places[f].code[i],
                    fmt::format("there is no function `{}`", shortened(name)),
                    tokens_.suggest(name, defined));
    }
  }
}

Parsed FileParser::parse() {
  for (;;) {
    const Token token = tokens_.take();
    if (token.kind == Token::Kind::End) break;
    if (token.kind == Token::Kind::Newline) continue;
    if (token.is_word("fn")) {
      function();
    } else if (token.is_word("check")) {
      check_line();
    } else {
      constexpr std::string_view kStarts[] = {"fn", "check"};
      tokens_.error(token.span,
                    fmt::format("expected `fn` or `check`, found {}", tokens_.describe(token)),
                    token.kind == Token::Kind::Word ? tokens_.suggest(token.text, kStarts) : "");
      tokens_.skip_to_top();
    }
  }
  resolve_calls();
  return std::move(parsed_);
}

}  // namespace

Parsed parse(std::string_view text, Diagnostics& errors) {
  return FileParser(text, errors).parse();
}

}  // namespace rosetta
