// The text of a program and places in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rosetta {

// Bytes [begin, end) of a source's text.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

struct Source {
  std::string name;  // for messages: a path, or `-`
  std::string text;

  // A larger text is refused before it is read; places are 32 bits wide.
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 29;
};

struct Position {
  std::uint32_t line;    // from 1
  std::uint32_t column;  // from 1, in code points
};

// Finds lines by number and places by byte, after one pass over the text.
class Lines {
 public:
  explicit Lines(std::string_view text);

  [[nodiscard]] std::uint32_t line(std::uint32_t byte) const;
  [[nodiscard]] Position position(std::uint32_t byte) const;
  // The line's text, without its end.
  [[nodiscard]] std::string_view text(std::uint32_t line) const;
  // The byte at which a line begins.
  [[nodiscard]] std::uint32_t begin(std::uint32_t line) const { return starts_[line - 1]; }

 private:
  std::string_view text_;
  std::vector<std::uint32_t> starts_;
};

enum class Severity : std::uint8_t { Error, Warning };

// One message about a text.
struct Diagnostic {
  struct Note {
    Span place;
    std::string message;
  };
  Severity severity = Severity::Error;
  Span place;
  std::string message{};
  std::vector<Note> notes{};
  std::string hint{};  // what to try
  Span hint_after{};   // the instruction to put it behind; empty where there is none
};

}  // namespace rosetta
