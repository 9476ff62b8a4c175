// The parser's view of the tokens: one token of look-ahead, expectations with their messages, and
// the ways to find a footing again after an error.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/nearest.h"
#include "isa/type.h"
#include "text/lexer.h"
#include "text/parse.h"

namespace rosetta {

class Tokens {
 public:
  Tokens(std::string_view text, Diagnostics& errors) : text_(text), lexer_(text), errors_(errors) {}

  const Token& peek() {
    if (!ahead_) ahead_ = lexer_.next();
    return *ahead_;
  }
  Token take() {
    last_ = peek();
    ahead_.reset();
    return last_;
  }
  // As peek and take, where a literal may stand.
  const Token& peek_operand();
  Token take_operand() {
    peek_operand();
    return take();
  }
  [[nodiscard]] const Token& last() const { return last_; }
  [[nodiscard]] std::string_view text(Span span) const {
    return text_.substr(span.begin, span.end - span.begin);
  }
  // Whether the word just taken is a label; takes its colon if so.
  bool label_ends();

  bool accept(std::string_view mark);
  // These report what was found instead of what was expected.
  bool expect(std::string_view mark, std::string_view expected);
  std::optional<Token> expect_name(std::string_view expected);
  std::optional<Type> expect_type();

  // Always false, so that a caller can report and give up in one go.
  bool error(Span place, std::string message, std::string_view did_you_mean = {},
             std::vector<Diagnostic::Note> notes = {});
  void twice(std::string_view what, const Token& name, Span first);
  // The candidate that `word` may have stood for; nothing where the error will only be counted.
  [[nodiscard]] std::string_view suggest(std::string_view word,
                                         std::span<const std::string_view> candidates) const {
    return errors_.full() ? std::string_view() : nearest(word, candidates);
  }
  void count_error() { errors_.count_more(1); }
  [[nodiscard]] bool errors_full() const { return errors_.full(); }
  [[nodiscard]] std::uint64_t error_count() const { return errors_.count(); }
  static std::string describe(const Token& token);

  void skip_newlines();
  void skip_line();    // up to the line's end or a brace, which is left
  void skip_body();    // behind the next closing brace, or up to the next `fn` that begins a line
  void skip_to_top();  // up to the next `fn` or `check` that begins a line

 private:
  std::string_view text_;
  Lexer lexer_;
  Diagnostics& errors_;
  std::optional<Token> ahead_;
  Token last_;
};

}  // namespace rosetta
