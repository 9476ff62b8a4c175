#include "reference/assembler.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace reference {
namespace {

__extension__ using Wide = __int128;

[[noreturn]] void fail(const std::string& message) { throw std::runtime_error(message); }

const std::unordered_map<std::string, Kind> kKinds = {
    {"trap", Kind::Trap},
    {"nop", Kind::Nop},
    {"jump", Kind::Jump},
    {"jumpif", Kind::JumpIf},
    {"jumpifnot", Kind::JumpIfNot},
    {"jumptable", Kind::JumpTable},
    {"ret", Kind::Ret},
    {"halt", Kind::Halt},
    {"call", Kind::Call},
    {"tailcall", Kind::TailCall},
    {"pop", Kind::Pop},
    {"select", Kind::Select},
    {"dup", Kind::Dup},
    {"swap", Kind::Swap},
    {"over", Kind::Over},
    {"rot", Kind::Rot},
    {"load", Kind::Load},
    {"store", Kind::Store},
    {"tee", Kind::Tee},
    {"print", Kind::PrintText},
};

const std::unordered_map<std::string, Type> kTypes = {
    {"i64", Type::I64}, {"i32", Type::I32}, {"f64", Type::F64}, {"f32", Type::F32}};

std::uint64_t parse_integer(std::string word, bool wide) {
  const std::string whole = word;
  std::erase(word, '_');
  const bool negative = word.starts_with('-');
  const bool hexadecimal = word.starts_with("0x");
  const unsigned base = hexadecimal ? 16 : 10;
  Wide value = 0;
  const std::string digits = word.substr(hexadecimal ? 2 : negative ? 1 : 0);
  if (digits.empty() || digits.size() > 20) fail("not an integer: " + whole);
  for (const char c : digits) {
    unsigned digit = 16;
    std::from_chars(&c, &c + 1, digit, 16);
    if (digit >= base) fail("not an integer: " + whole);
    value = value * base + digit;
  }
  const Wide half = Wide{1} << (wide ? 63 : 31);
  if (negative ? value > half : value >= (hexadecimal ? 2 * half : half)) {
    fail("out of range: " + whole);
  }
  const std::uint64_t cell = static_cast<std::uint64_t>(negative ? -value : value);
  return wide ? cell : cell & 0xffffffff;
}

std::uint64_t parse_float(std::string word, bool wide) {
  const std::string whole = word;
  const bool negative = word.starts_with('-');
  if (negative) word.erase(0, 1);
  const int fraction_bits = wide ? 52 : 23;
  const std::uint64_t infinity = wide ? 0x7ff0000000000000 : 0x7f800000;
  const std::uint64_t sign = negative ? std::uint64_t{1} << (wide ? 63 : 31) : 0;
  if (word == "inf") return sign | infinity;
  if (word == "nan") return sign | (wide ? kNan64 : kNan32);
  if (word.starts_with("nan:0x")) {
    const std::uint64_t payload = parse_integer(word.substr(4), true);
    if (payload == 0 || payload >> fraction_bits != 0) fail("not a payload: " + whole);
    return sign | infinity | payload;
  }
  const bool hexadecimal = word.starts_with("0x");
  if (word.empty() || !(word[0] >= '0' && word[0] <= '9') ||
      (hexadecimal && word.find('p') == std::string::npos)) {
    fail("not a float: " + whole);
  }
  char* end = nullptr;
  const std::uint64_t bits = wide ? std::bit_cast<std::uint64_t>(std::strtod(word.c_str(), &end))
                                  : std::bit_cast<std::uint32_t>(std::strtof(word.c_str(), &end));
  if (*end != '\0' || bits == infinity) fail("not a float, or out of range: " + whole);
  return sign | bits;
}

class Assembler {
 public:
  explicit Assembler(std::string_view text) : text_(text) {
    if (text_.starts_with("#!")) skip_line();
  }

  std::vector<Function> assemble() {
    std::vector<Function> functions;
    while (skip_space(true), at_ < text_.size()) {
      const std::string word = name();
      if (word == "check") {
        skip_line();
      } else if (word == "fn") {
        functions.push_back(function());
      } else {
        error("expected a function, found " + word);
      }
    }
    std::unordered_map<std::string, std::size_t> numbers;
    for (const Function& f : functions) {
      if (!numbers.emplace(f.name, numbers.size()).second) fail("function twice: " + f.name);
    }
    for (Function& f : functions) {
      for (Instruction& i : f.code) {
        if (i.kind != Kind::Call && i.kind != Kind::TailCall) continue;
        if (!numbers.contains(i.text)) fail(f.name + " calls unknown " + i.text);
        i.value = numbers.at(i.text);
      }
    }
    return functions;
  }

 private:
  [[noreturn]] void error(const std::string& message) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
    fail("line " + std::to_string(line) + ": " + message);
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void skip_space(bool lines) {
    while (at_ < text_.size()) {
      if (text_[at_] == ';') {
        skip_line();
      } else if (std::string_view(lines ? " \t\r\n" : " \t\r").contains(text_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool accept(std::string_view token) {
    skip_space(true);
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) error("expected " + std::string(token));
  }

  std::string take_until(std::string_view stops) {
    const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
    std::string word(text_.substr(at_, end - at_));
    if (word.empty()) error("expected a word");
    at_ = end;
    return word;
  }

  std::string name() {
    skip_space(true);
    return take_until(" \t\r\n;:,(){}\"");
  }

  bool more_on_line() {
    skip_space(false);
    return at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '}';
  }

  std::string operand() {
    if (!more_on_line()) error("expected an operand");
    return take_until(" \t\r\n;,(){}\"");
  }

  std::string string() {
    if (!more_on_line() || text_[at_] != '"') error("expected a text");
    std::string result;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      char c = text_[at_];
      if (c == '\\' && ++at_ < text_.size()) {
        c = text_[at_];
        if (!std::string_view("nt\"\\").contains(c)) error("unknown escape");
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
      }
      result += c;
    }
    if (at_++ >= text_.size()) error("text without an end");
    return result;
  }

  Type type() {
    const std::string word = name();
    if (!kTypes.contains(word)) error("not a type: " + word);
    return kTypes.at(word);
  }

  void local(Function& f) {
    const std::string word = name();
    if (!locals_.emplace(word, locals_.size()).second) error("local twice: " + word);
    expect(":");
    f.locals.push_back(type());
  }

  Function function() {
    Function f;
    f.name = name();
    locals_.clear();
    labels_.clear();
    jumps_.clear();
    expect("(");
    while (!accept(")")) {
      local(f);
      if (accept(")")) break;
      expect(",");
    }
    f.signature.parameters = f.locals;
    expect("->");
    if (accept("(")) {
      while (!accept(")")) {
        f.signature.results.push_back(type());
        if (accept(")")) break;
        expect(",");
      }
    } else {
      f.signature.results.push_back(type());
    }
    expect("{");
    while (!accept("}")) {
      const std::string word = name();
      if (accept(":")) {
        if (!labels_.emplace(word, f.code.size()).second) error("label twice: " + word);
      } else if (word == "local") {
        local(f);
      } else {
        f.code.push_back(instruction(word, f));
      }
    }
    for (const auto& [from, word] : jumps_) f.code[from].targets.push_back(target(from, word, f));
    return f;
  }

  Instruction instruction(const std::string& mnemonic, const Function& f) {
    Instruction i;
    const std::string_view behind =
        std::string_view(mnemonic).substr(std::min<std::size_t>(mnemonic.size(), 3));
    if (kTypes.contains(mnemonic.substr(0, 3)) && (behind == ".const" || behind == ".print")) {
      i.kind = behind == ".const" ? Kind::Const : Kind::Print;
      i.type = kTypes.at(mnemonic.substr(0, 3));
      if (i.kind == Kind::Const) {
        i.value = is_integer(i.type) ? parse_integer(operand(), is_wide(i.type))
                                     : parse_float(operand(), is_wide(i.type));
      }
      return i;
    }
    if (const auto found = operations().find(mnemonic); found != operations().end()) {
      i.kind = Kind::Operation;
      i.operation = &found->second;
      return i;
    }
    if (!kKinds.contains(mnemonic)) error("unknown mnemonic " + mnemonic);
    i.kind = kKinds.at(mnemonic);
    switch (i.kind) {
      case Kind::Jump:
      case Kind::JumpIf:
      case Kind::JumpIfNot:
        jumps_.emplace_back(f.code.size(), operand());
        break;
      case Kind::JumpTable:
        do jumps_.emplace_back(f.code.size(), operand());
        while (more_on_line());
        break;
      case Kind::Call:
      case Kind::TailCall:
        i.text = operand();
        break;
      case Kind::PrintText:
        i.text = string();
        break;
      case Kind::Load:
      case Kind::Store:
      case Kind::Tee: {
        const std::string word = operand();
        const bool number = word[0] >= '0' && word[0] <= '9';
        if (!number && !locals_.contains(word)) error("unknown local " + word);
        i.value = number ? parse_integer(word, true) : locals_.at(word);
        if (i.value >= f.locals.size()) error("no such local: " + word);
        break;
      }
      default:
        break;
    }
    return i;
  }

  std::size_t target(std::size_t from, const std::string& word, const Function& f) const {
    std::size_t to = 0;
    if (const auto label = labels_.find(word); label != labels_.end()) {
      to = label->second;
    } else {
      to = from + parse_integer(word.substr(word[0] == '+' ? 1 : 0), true);
    }
    if (to >= f.code.size()) error("jump out of the body of " + f.name);
    return to;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::unordered_map<std::string, std::size_t> locals_;
  std::unordered_map<std::string, std::size_t> labels_;
  std::vector<std::pair<std::size_t, std::string>> jumps_;  // in the function being read
};

}  // namespace

std::vector<Function> assemble(std::string_view text) { return Assembler(text).assemble(); }

}  // namespace reference
