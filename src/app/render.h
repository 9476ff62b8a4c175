// Messages as a person reads them: place, excerpt, underline, notes and what to try.
#pragma once

#include <string>

#include "text/assemble.h"
#include "text/source.h"

namespace rosetta {

// How messages are to look.
struct Look {
  bool color = false;
};

// All of the assembly's warnings and errors, and how many more there are.
std::string render(const Assembly& assembly, const Source& source, Look look);

// `name:line:column` of a byte.
std::string place_text(const Source& source, const Lines& lines, std::uint32_t byte);

// The line of `place` with its number, and what is in `place` underlined.
std::string excerpt(const Lines& lines, Span place, Look look);

// `text` without what would disturb a terminal: broken UTF-8 and control characters as \xNN, those
// beyond ASCII (what turns the direction of text, above all) as \u{NNNN}.
std::string printable(std::string_view text);
// The same for a message of several lines, which stay lines.
std::string printable_lines(std::string_view text);

// Writes a text to standard output: byte for byte, but printable where that is a terminal.
void put_text(std::string_view text);

}  // namespace rosetta
