#include "app/render.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/wording.h"

namespace rosetta {
namespace {

// An excerpt shows at most this many bytes of a line.
constexpr std::size_t kWidest = 120;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[1;33m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string paint(std::string_view text, std::string_view color, Look look) {
  return look.color ? fmt::format("{}{}{}", color, text, kPlain) : std::string(text);
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The well-formed code point at the front of a text.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // in bytes; 0 if there is none
};

CodePoint code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (value < kLeast[length] || value > 0x10ffff || surrogate) return {};
  return {value, length};
}

// What moves the cursor or turns the direction of the text around it.
bool disturbs(std::uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool direction = c == 0x061c || c == 0x200e || c == 0x200f ||
                         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || direction || c == 0x2028 || c == 0x2029;
}

// What stands at a note's place, up to its line's end.
std::string quoted(const Source& source, Span place) {
  std::string_view text = std::string_view(source.text).substr(place.begin);
  text = text.substr(0, std::min<std::size_t>(place.end - place.begin, kWidest / 2));
  text = text.substr(0, text.find('\n'));
  return text.empty() ? "the end" : printable(text);
}

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  return line.substr(0, line.find_last_not_of(" \t") + 1);
}

std::string render(const Diagnostic& diagnostic, const Source& source, const Lines& lines,
                   Look look) {
  const bool error = diagnostic.severity == Severity::Error;
  std::string text = fmt::format(
      "{}: {} {}\n", paint(place_text(source, lines, diagnostic.place.begin), kBold, look),
      paint(error ? "error:" : "warning:", error ? kRed : kYellow, look),
      printable_lines(diagnostic.message));
  text += excerpt(lines, diagnostic.place, look);
  for (const Diagnostic::Note& note : diagnostic.notes) {
    text += fmt::format("  {}:  {}   {}\n", printable(note.message),
                        place_text(source, lines, note.place.begin), quoted(source, note.place));
  }
  if (!diagnostic.hint.empty()) {
    std::string after;
    if (diagnostic.hint_after.end != 0) {
      const std::uint32_t line = lines.line(diagnostic.hint_after.begin);
      const std::string instruction = quoted(source, diagnostic.hint_after);
      // A line's number is enough where the instruction has the line for itself.
      after = printable(trimmed(lines.text(line))) == instruction
                  ? fmt::format(" after line {}", line)
                  : fmt::format(" after `{}` in line {}", instruction, line);
    }
    text += fmt::format("  {}{}{}\n", diagnostic.hint.starts_with("did you") ? "" : "try: ",
                        printable(diagnostic.hint), after);
  }
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const CodePoint c = code_point(text);
    if (c.length == 0) {
      clean += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else if (c.value == '\t') {
      clean += ' ';
    } else if (disturbs(c.value)) {
      clean +=
          c.value < 0x80 ? fmt::format("\\x{:02x}", c.value) : fmt::format("\\u{{{:x}}}", c.value);
    } else {
      clean += text.substr(0, c.length);
    }
    text.remove_prefix(std::max<std::size_t>(c.length, 1));
  }
  return clean;
}

std::string printable_lines(std::string_view text) {
  std::string clean;
  for (;;) {
    const std::size_t end = text.find('\n');
    clean += printable(text.substr(0, end));
    if (end == std::string_view::npos) return clean;
    clean += '\n';
    text.remove_prefix(end + 1);
  }
}

void put_text(std::string_view text) {
  const std::string shown = isatty(STDOUT_FILENO) != 0 ? printable_lines(text) : std::string(text);
  std::fwrite(shown.data(), 1, shown.size(), stdout);
}

std::string place_text(const Source& source, const Lines& lines, std::uint32_t byte) {
  const Position position = lines.position(byte);
  return fmt::format("{}:{}:{}", source.name, position.line, position.column);
}

std::string excerpt(const Lines& lines, Span place, Look look) {
  const std::uint32_t number = lines.line(place.begin);
  const std::string_view line = lines.text(number);
  const std::size_t at = std::min<std::size_t>(place.begin - lines.begin(number), line.size());
  const std::size_t size =
      std::min<std::size_t>(std::max(place.end, place.begin) - place.begin, line.size() - at);
  // Of a very long line, what stands around the place.
  const std::size_t from = at + size > kWidest && at > kWidest / 4 ? at - kWidest / 4 : 0;
  const std::string before = printable(line.substr(from, at - from));
  const std::string marked = printable(line.substr(at, std::min(size, kWidest)));
  const std::size_t rest = at + std::min(size, kWidest);
  const std::string after =
      printable(line.substr(rest, from + kWidest > rest ? from + kWidest - rest : 0));
  const auto width = [](const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
  };
  const std::string_view cut = from > 0 ? "… " : "";
  const std::string underline(std::max<std::size_t>(width(marked), 1), '^');
  return fmt::format("{:5} | {}{}{}{}\n      | {}{}{}\n", number, cut, before, marked, after,
                     std::string(cut.empty() ? 0 : 2, ' '), std::string(width(before), ' '),
                     paint(underline, kRed, look));
}

std::string render(const Assembly& assembly, const Source& source, Look look) {
  if (assembly.errors.empty() && assembly.warnings.empty()) return {};
  const Lines lines(source.text);
  std::string text;
  const auto all = [&](const std::vector<Diagnostic>& diagnostics, std::uint64_t count,
                       std::string_view noun) {
    for (const Diagnostic& diagnostic : diagnostics) {
      text += render(diagnostic, source, lines, look);
    }
    if (count > diagnostics.size()) {
      text += fmt::format("{}: {}\n", source.name, counted(count - diagnostics.size(), noun));
    }
  };
  all(assembly.warnings, assembly.warning_count, "more warning");
  all(assembly.errors, assembly.error_count, "more error");
  return text;
}

}  // namespace rosetta
