#include "text/lexer.h"

#include <algorithm>
#include <array>

namespace rosetta {
namespace {

enum Class : std::uint8_t { kOther = 0, kLetter = 1, kDigit = 2, kDot = 4, kBlank = 8 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = kLetter;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = kLetter;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = kDigit;
  classes['_'] = kLetter;
  classes['.'] = kDot;
  for (const char c : {' ', '\t', '\r', '\f', '\v'})
    classes[static_cast<unsigned char>(c)] = kBlank;
  return classes;
}();

bool is(char c, int classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && is(text[0], kLetter) && std::all_of(text.begin(), text.end(), [](char c) {
    return is(c, kLetter | kDigit | kDot);
  });
}

Token Lexer::token(Token::Kind kind, std::size_t begin) {
  return {kind,
          {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)},
          text_.substr(begin, at_ - begin)};
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is(c, kBlank)) {
      ++at_;
    } else if (comments_ == Comments::Skip && (c == ';' || (at_ == 0 && text_.starts_with("#!")))) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const std::size_t begin = at_;
  if (begin == text_.size()) return token(Token::Kind::End, begin);
  const char c = text_[at_++];
  const auto take = [&](int classes) {
    while (at_ < text_.size() && is(text_[at_], classes)) ++at_;
  };
  if (is(c, kLetter)) {
    take(kLetter | kDigit | kDot);
    return token(Token::Kind::Word, begin);
  }
  const char following = at_ < text_.size() ? text_[at_] : '\n';
  if (c == ';' || (c == '#' && following == '!' && begin == 0)) {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return token(Token::Kind::Comment, begin);
  }
  if (c == '-' && following == '>') {
    ++at_;
    return token(Token::Kind::Mark, begin);
  }
  if (is(c, kDigit) || c == '-' || c == '+' || c == '#' || c == '.') {
    // A sign continues only behind a decimal exponent: 1e-9, 0x1p-3, but not 0x1e-9.
    for (;; ++at_) {
      take(kLetter | kDigit | kDot);
      if (at_ == text_.size() || (text_[at_] != '-' && text_[at_] != '+')) break;
      const char last = text_[at_ - 1];
      const bool hexadecimal = text_.substr(begin, 3).find_first_of("xX") != text_.npos;
      if (at_ - begin < 2) break;
      if (hexadecimal ? (last != 'p' && last != 'P') : (last != 'e' && last != 'E')) break;
    }
    return token(Token::Kind::Value, begin);
  }
  switch (c) {
    case '\n': return token(Token::Kind::Newline, begin);
    case '{':
    case '}':
    case '(':
    case ')':
    case ':':
    case ',': return token(Token::Kind::Mark, begin);
    case '=':
      if (following != '=') break;
      ++at_;
      return token(Token::Kind::Mark, begin);
    case '"':
      while (at_ < text_.size() && text_[at_] != '\n') {
        if (text_[at_] == '"') {
          ++at_;
          return token(Token::Kind::String, begin);
        }
        at_ += text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2 : 1;
      }
      return token(Token::Kind::Bad, begin);
    default: break;  // of characters, which are no enumeration
  }
  // A whole code point, so that a message does not cut one.
  while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80 &&
         at_ - begin < 4) {
    ++at_;
  }
  return token(Token::Kind::Bad, begin);
}

Token Lexer::next_operand() {
  Token word = next();
  const bool nan = word.text == "nan" || word.text == "-nan";
  if (word.text != "inf" && !nan) return word;
  word.kind = Token::Kind::Value;
  if (!nan || !text_.substr(at_).starts_with(":0x")) return word;
  ++at_;
  while (at_ < text_.size() && is(text_[at_], kLetter | kDigit)) ++at_;
  return token(Token::Kind::Value, word.span.begin);
}

}  // namespace rosetta
