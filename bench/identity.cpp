// What identifying functions costs, beyond reading and checking their text: milliseconds, the
// median of several runs. `cmake --build --preset release --target bench_identity`, then
// build/release/bin/bench_identity.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "code/identity.h"
#include "text/assemble.h"

namespace {

// A function of `calls`, told from others by a constant.
std::string function(std::uint32_t number, std::uint32_t constant,
                     const std::vector<std::uint32_t>& calls) {
  std::string text = fmt::format("fn f{}(n) {{ load n push {} add", number, constant);
  for (const std::uint32_t callee : calls) text += fmt::format(" call f{}", callee);
  return text + " ret }\n";
}

// Functions that all reach each other: a ring, and up to two calls more to anywhere.
std::string tangle(std::uint32_t size, std::uint32_t constants) {
  std::mt19937 random(1);
  std::string text;
  for (std::uint32_t i = 0; i < size; ++i) {
    std::vector<std::uint32_t> calls{(i + 1) % size};
    for (std::uint32_t more = random() % 3; more > 0; --more) {
      calls.push_back(static_cast<std::uint32_t>(random() % size));
    }
    text += function(i, static_cast<std::uint32_t>(random() % constants), calls);
  }
  return text;
}

std::string ring_with_a_mark(std::uint32_t size) {
  std::string text;
  for (std::uint32_t i = 0; i < size; ++i) text += function(i, i == 0 ? 1 : 0, {(i + 1) % size});
  return text;
}

std::string chain(std::uint32_t size) {
  std::string text;
  for (std::uint32_t i = 0; i < size; ++i) {
    text += function(i, 0, i + 1 < size ? std::vector{i + 1} : std::vector<std::uint32_t>{});
  }
  return text;
}

double milliseconds(std::span<const rosetta::Function> functions) {
  std::vector<double> times;
  for (int i = 0; i < 7; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<rosetta::Hash> hashes = rosetta::identify(functions);
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    if (hashes.size() != functions.size()) return -1;
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

}  // namespace

int main() {
  const struct {
    const char* what;
    std::string text;
  } programs[] = {
      {"mutually recursive, 1,000 bodies", tangle(1'000, 1'000'000)},
      {"mutually recursive, 3 bodies", tangle(1'000, 3)},
      {"mutually recursive, 100,000 bodies", tangle(100'000, 1'000'000)},
      {"mutually recursive, 3 bodies", tangle(100'000, 3)},
      {"mutually recursive, 1 body: one function", tangle(100'000, 1)},
      {"a ring of one body but for one member", ring_with_a_mark(100'000)},
      {"a chain of calls of one body", chain(100'000)},
  };
  for (const auto& [what, text] : programs) {
    const rosetta::Assembly assembly = rosetta::assemble(text);
    const std::string line =
        fmt::format("{:<42} {:>8} functions {:>9.2f} ms\n", what, assembly.functions.size(),
                    milliseconds(assembly.functions));
    std::fputs(line.c_str(), stdout);
  }
}
