#include "text/tokens.h"

#include <fmt/format.h>

namespace rosetta {
namespace {

// A token that is quoted in a message is cut at this many bytes.
constexpr std::size_t kLongestQuote = 40;

}  // namespace

const Token& Tokens::peek_operand() {
  if (ahead_) lexer_.rewind(*ahead_);
  ahead_ = lexer_.next_operand();
  return *ahead_;
}

bool Tokens::label_ends() {
  if (ahead_ || !lexer_.colon_follows()) return false;
  lexer_.next();
  return true;
}

bool Tokens::accept(std::string_view mark) {
  if (!peek().is(mark)) return false;
  take();
  return true;
}

bool Tokens::expect(std::string_view mark, std::string_view expected) {
  if (accept(mark)) return true;
  return error(peek().span, fmt::format("expected {}, found {}", expected, describe(peek())));
}

std::optional<Token> Tokens::expect_name(std::string_view expected) {
  if (peek().kind == Token::Kind::Word) return take();
  error(peek().span, fmt::format("expected {}, found {}", expected, describe(peek())));
  return std::nullopt;
}

std::optional<Type> Tokens::expect_type() {
  for (const Type type : {Type::I64, Type::I32, Type::F64, Type::F32}) {
    if (!peek().is_word(name(type))) continue;
    take();
    return type;
  }
  error(peek().span,
        fmt::format("expected a type (i64, i32, f64 or f32), found {}", describe(peek())));
  return std::nullopt;
}

bool Tokens::error(Span place, std::string message, std::string_view did_you_mean,
                   std::vector<Diagnostic::Note> notes) {
  Diagnostic diagnostic{.place = place, .message = std::move(message), .notes = std::move(notes)};
  if (!did_you_mean.empty()) diagnostic.hint = fmt::format("did you mean `{}`?", did_you_mean);
  errors_.add(std::move(diagnostic));
  return false;
}

void Tokens::twice(std::string_view what, const Token& name, Span first) {
  error(name.span, fmt::format("the {} {} is there twice", what, describe(name)), {},
        {{first, "first here"}});
}

std::string Tokens::describe(const Token& token) {
  switch (token.kind) {
    case Token::Kind::Newline: return "the end of the line";
    case Token::Kind::End: return "the end of the file";
    case Token::Kind::Bad:
      if (token.text.starts_with('"')) return "a string without its closing quote";
      break;
    case Token::Kind::Word:
    case Token::Kind::Value:
    case Token::Kind::String:
    case Token::Kind::Mark:
    case Token::Kind::Comment: break;
  }
  if (token.text.size() <= kLongestQuote) return fmt::format("`{}`", token.text);
  return fmt::format("`{}…` ({} characters)", token.text.substr(0, kLongestQuote),
                     token.text.size());
}

void Tokens::skip_newlines() {
  while (peek().kind == Token::Kind::Newline) take();
}

void Tokens::skip_line() {
  while (!peek().ends_line() && !peek().is("{") && !peek().is("}")) take();
}

void Tokens::skip_body() {
  bool line_begins = false;
  while (peek().kind != Token::Kind::End) {
    if (line_begins && peek().is_word("fn")) return;
    const Token token = take();
    if (token.is("}")) return;
    line_begins = token.kind == Token::Kind::Newline;
  }
}

void Tokens::skip_to_top() {
  bool line_begins = false;
  while (peek().kind != Token::Kind::End) {
    if (line_begins && (peek().is_word("fn") || peek().is_word("check"))) return;
    line_begins = take().kind == Token::Kind::Newline;
  }
}

}  // namespace rosetta
