// Traps: how a task can end without a result. They are data, equal on every engine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rosetta {

// The values are a task's status byte in columns, so they are append-only. The first three are
// what functions of arith.h return (RV_TRAP_…).
enum class Trap : std::uint8_t {
  None = 0,
  IntegerDivideByZero = 1,
  IntegerOverflow = 2,
  InvalidConversion = 3,
  Unreachable = 4,
  CallDepthExceeded = 5,
  OutOfFuel = 6,
  Interrupted = 7,
};

// Stable names, used in text, JSON and per-task output; the index is the value.
inline constexpr std::array<std::string_view, 8> kTrapNames = {
    "none",        "integer-divide-by-zero", "integer-overflow", "invalid-conversion",
    "unreachable", "call-depth-exceeded",    "out-of-fuel",      "interrupted",
};

constexpr std::string_view name(Trap trap) { return kTrapNames[static_cast<std::size_t>(trap)]; }

// Whether it says something of a limit, not of the function: another run may go on.
constexpr bool is_of_a_limit(Trap trap) {
  return trap == Trap::CallDepthExceeded || trap == Trap::OutOfFuel || trap == Trap::Interrupted;
}

constexpr std::optional<Trap> trap_named(std::string_view text) {
  for (std::size_t i = 1; i < kTrapNames.size(); ++i) {
    if (kTrapNames[i] == text) return static_cast<Trap>(i);
  }
  return std::nullopt;
}

}  // namespace rosetta
