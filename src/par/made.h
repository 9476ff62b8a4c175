// Arguments that are computed: the same for all tasks, the task's index, or a range of values.
#pragma once

#include <cstdint>
#include <memory>

#include "isa/type.h"
#include "par/input.h"

namespace rosetta::par {

std::unique_ptr<Input> make_constant(Cell value);

// The task's index as a value of the type. Up to most_indices(type) tasks have one that is exact.
std::unique_ptr<Input> make_index(Type type);
std::uint64_t most_indices(Type type);

// The `count` integers first, first + step, …, wrapping round in the type; more tasks begin again
// from the first.
std::unique_ptr<Input> make_integer_range(Type type, std::int64_t first, std::int64_t step,
                                          std::uint64_t count);

// The `count` floats first + i * step, computed in f64 and rounded to the type; more tasks begin
// again from the first.
std::unique_ptr<Input> make_float_range(Type type, double first, double step, std::uint64_t count);

}  // namespace rosetta::par
