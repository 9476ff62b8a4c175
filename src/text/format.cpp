// Line by line: tokens with single blanks where blanks belong, four columns of indentation in a
// body, labels at the margin, comments of neighbouring lines one under the other.
#include "text/format.h"

#include <algorithm>
#include <vector>

#include "text/lexer.h"

namespace rosetta {
namespace {

constexpr std::size_t kIndent = 4;

struct Line {
  std::string code;
  std::string comment;
  bool alone = false;  // the comment has the line for itself

  [[nodiscard]] bool blank() const { return code.empty() && comment.empty(); }
  [[nodiscard]] bool ends_paragraph() const { return blank() || code.ends_with('}'); }
};

bool tight(const Token& before, const Token& token) {
  if (token.is(",") || token.is(")") || token.is(":") || before.is("(")) return true;
  if (token.is("(")) return before.kind == Token::Kind::Word;
  // A trap's name, or an expected result: tokens that stood together belong together.
  return before.span.end == token.span.begin && token.kind == Token::Kind::Value &&
         before.kind != Token::Kind::Mark;
}

class Formatter {
 public:
  explicit Formatter(std::string_view text) : lexer_(text, Lexer::Comments::Keep) {}

  std::string format();

 private:
  bool line(Line& line);
  void align();

  Lexer lexer_;
  bool in_body_ = false;
  bool in_list_ = false;  // of parameters, which may take several lines
  std::vector<Line> lines_;
};

// Reads one line; false at the end of the text.
bool Formatter::line(Line& line) {
  Token before;
  const std::size_t indent = in_body_ || in_list_ ? kIndent : 0;
  for (Token token = lexer_.next_operand();; token = lexer_.next_operand()) {
    if (token.ends_line()) {
      line.alone = line.code.empty();
      if (line.alone && !line.comment.empty()) line.code.assign(indent, ' ');
      return token.kind != Token::Kind::End;
    }
    if (token.kind == Token::Kind::Comment) {
      line.comment = token.text;
      line.comment.erase(line.comment.find_last_not_of(" \t\r") + 1);
      continue;
    }
    if (token.is("(")) in_list_ = true;
    if (token.is(")")) in_list_ = false;
    if (token.is("{")) in_body_ = true;
    if (token.is("}")) in_body_ = false;
    const bool first = line.code.empty();
    if (first) {
      const bool label = in_body_ && lexer_.colon_follows();
      if (!label && !token.is("}")) line.code.assign(indent, ' ');
    } else if (!tight(before, token)) {
      line.code += ' ';
    }
    line.code += token.text;
    before = token;
  }
}

// Comments behind code begin in one column, from one blank line or function to the next.
void Formatter::align() {
  for (std::size_t begin = 0; begin < lines_.size();) {
    const auto trails = [&](std::size_t i) {
      return !lines_[i].alone && !lines_[i].comment.empty();
    };
    std::size_t end = begin;
    std::size_t width = 0;
    for (; end < lines_.size() && !lines_[end].ends_paragraph(); ++end) {
      if (trails(end)) width = std::max(width, lines_[end].code.size());
    }
    if (end < lines_.size()) {
      if (trails(end)) width = std::max(width, lines_[end].code.size());
      ++end;
    }
    for (; begin < end; ++begin) {
      if (trails(begin)) lines_[begin].code.resize(width + 2, ' ');
    }
  }
}

std::string Formatter::format() {
  for (;;) {
    Line next;
    const bool more = line(next);
    const bool after_blank = lines_.empty() || lines_.back().blank();
    if (!next.blank() || !after_blank) lines_.push_back(std::move(next));
    if (!more) break;
  }
  while (!lines_.empty() && lines_.back().blank()) lines_.pop_back();
  align();
  std::string text;
  for (const Line& line : lines_) text += line.code + line.comment + "\n";
  return text;
}

}  // namespace

std::string format_source(std::string_view text) { return Formatter(text).format(); }

}  // namespace rosetta
