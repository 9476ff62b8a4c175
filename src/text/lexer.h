// Tokens of the text, one at a time. The text outlives them.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/source.h"

namespace rosetta {

struct Token {
  enum class Kind : std::uint8_t {
    Word,    // a name or mnemonic: [A-Za-z_][A-Za-z0-9_.]*
    Value,   // begins with a digit, sign or `#`: a literal, an offset, a hash
    String,  // with its quotes, escapes not yet read
    Mark,    // one of { } ( ) : , or -> or ==
    Newline,
    Comment,  // only where asked for
    End,
    Bad,  // an unexpected character, or a string without its end
  };
  Kind kind = Kind::End;
  Span span;
  std::string_view text;

  [[nodiscard]] bool is(std::string_view mark) const { return kind == Kind::Mark && text == mark; }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::Word && text == word;
  }
  [[nodiscard]] bool ends_line() const { return kind == Kind::Newline || kind == Kind::End; }
};

class Lexer {
 public:
  enum class Comments : std::uint8_t { Skip, Keep };

  explicit Lexer(std::string_view text, Comments comments = Comments::Skip)
      : text_(text), comments_(comments) {
    if (text.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark, as some editors write it
  }

  Token next();
  // The next token where a literal may stand: `inf`, `nan`, `nan:0x1` and `-nan:0x1` are one Value.
  Token next_operand();
  // Goes back to a token's first byte, to read it another way.
  void rewind(const Token& token) { at_ = token.span.begin; }
  // Whether a `:` follows at once, which makes the word before it a label.
  [[nodiscard]] bool colon_follows() const { return at_ < text_.size() && text_[at_] == ':'; }

 private:
  Token token(Token::Kind kind, std::size_t begin);
  void skip_blanks();

  std::string_view text_;
  Comments comments_;
  std::size_t at_ = 0;
};

// Whether `text` is a name: a Word and nothing else.
bool is_name(std::string_view text);

}  // namespace rosetta
