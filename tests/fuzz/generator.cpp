// The generator writes instructions while it follows the types on the stack, so that whatever it
// picks next is valid there. Where paths meet, it pops and pushes until the stack has the types
// that the label was given (`shape_stack`); so statements may do with the stack what they like.
//
// What ends a program: every backward jump counts a local of its own down (or up), calls go to
// functions written before or, within a recursive group, hand on a smaller first argument. An
// estimate of the instructions executed keeps loops and calls from multiplying.
#include "fuzz/generator.h"

#include <algorithm>
#include <optional>

#include "fuzz/body.h"

namespace fuzz {
namespace {

// Signatures first, since a call may be written before its callee is.
std::vector<Routine> random_routines(Random& random, const Shape& shape) {
  const auto random_types = [&](std::size_t count) {
    Types types(count);
    for (Type& type : types) type = random.type();
    return types;
  };
  const Types main_results = random_types(random.chance(65) ? 1 : random.below(4));
  std::vector<Routine> routines(random.below(shape.functions + 1));
  std::size_t group_end = 0;
  for (std::size_t i = 0; i < routines.size(); ++i) {
    Routine& routine = routines[i];
    routine.name = "f" + std::to_string(i);
    routine.parameters = random_types(random.below(4));
    routine.results = random.chance(50) ? main_results : random_types(random.below(4));
    if (i >= group_end && shape.recursion && random.chance(45)) {
      group_end = i + random.between(1, 3);
      routine.group = i;
      routine.branching = static_cast<unsigned>(std::max<std::size_t>(1, random.below(4)));
    } else if (i < group_end) {
      routine.group = routines[i - 1].group;
      routine.branching = routines[i - 1].branching;
    }
    if (routine.group) routine.parameters.insert(routine.parameters.begin(), Type::I64);
  }
  routines.push_back({.name = "main",
                      .parameters = random_types(random.below(4)),
                      .results = main_results,
                      .group = std::nullopt});
  return routines;
}

// What a call into a recursive group costs, and how deep it may go for that.
void bound_recursion(std::vector<Routine>& routines, std::size_t group, double work) {
  double body = 0;
  for (const Routine& routine : routines) {
    if (routine.group == group) body = std::max(body, routine.cost);
  }
  const unsigned branching = routines[group].branching;
  std::uint64_t counter = branching == 1 ? 200 : branching == 2 ? 7 : 4;
  const auto calls = [&] {
    double sum = 0;
    double level = 1;
    for (std::uint64_t i = 0; i <= counter; ++i, level *= branching) sum += level;
    return sum;
  };
  while (counter > 1 && body * calls() > work) counter /= 2;
  for (Routine& routine : routines) {
    if (routine.group != group) continue;
    routine.counter = counter;
    routine.cost = body * calls();
  }
}

}  // namespace

std::string random_program(std::uint64_t seed, const Shape& shape) {
  Random random(seed);
  std::vector<Routine> routines = random_routines(random, shape);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < routines.size(); ++i) {
    Body body(random, shape, routines, i);
    body.write();
    texts.push_back(body.text());
    routines[i].cost = body.cost();
    const std::optional<std::size_t> group = routines[i].group;
    if (group && routines[i + 1].group != group) bound_recursion(routines, *group, shape.work / 4);
  }
  // Callees stand before and behind their callers.
  std::rotate(texts.begin(), texts.begin() + static_cast<long>(random.below(texts.size())),
              texts.end());
  std::string program;
  for (const std::string& text : texts) program += text;
  return program;
}

std::vector<Type> entry_parameters(std::string_view program) {
  Types parameters;
  const std::size_t start = program.find("fn main(");
  if (start == std::string_view::npos) return parameters;
  const std::string_view list = program.substr(start, program.find(')', start) - start);
  for (std::size_t at = list.find(": "); at != std::string_view::npos;
       at = list.find(": ", at + 1)) {
    parameters.push_back(type_named(list.substr(at + 2, 3)));
  }
  return parameters;
}

std::vector<std::uint64_t> random_arguments(std::uint64_t seed, std::span<const Type> parameters) {
  Random random(seed);
  std::vector<std::uint64_t> arguments;
  for (const Type type : parameters) arguments.push_back(random_cell(random, type));
  return arguments;
}

std::vector<std::uint64_t> random_arguments(std::uint64_t seed, std::string_view program) {
  return random_arguments(seed, entry_parameters(program));
}

}  // namespace fuzz
