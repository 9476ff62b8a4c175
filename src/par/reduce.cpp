#include "par/reduce.h"

#include <algorithm>
#include <bit>

#include "isa/host.h"
// After its prelude.
#include "isa/arith.h"

namespace rosetta::par {
namespace {

using Value = Reduction::Value;

template <class T>
T value_of(Cell cell) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<T>(cell);
  if constexpr (sizeof(T) == 4) return std::bit_cast<T>(static_cast<std::uint32_t>(cell));
}

template <class T>
Cell cell_of(T value) {
  if constexpr (sizeof(T) == 8) return std::bit_cast<Cell>(value);
  if constexpr (sizeof(T) == 4) return std::bit_cast<std::uint32_t>(value);
}

template <class T, T (*op)(T, T)>
Cell apply(Cell a, Cell b) {
  return cell_of(op(value_of<T>(a), value_of<T>(b)));
}

// Of 2^level tasks that are all there; the lowest levels unrolled.
template <class T, T (*op)(T, T), unsigned kLevel>
T unrolled(const Cell* values) {
  if constexpr (kLevel == 0) {
    return value_of<T>(*values);
  } else {
    return op(unrolled<T, op, kLevel - 1>(values),
              unrolled<T, op, kLevel - 1>(values + (1U << (kLevel - 1))));
  }
}

template <class T, T (*op)(T, T)>
T all_there(const Cell* values, unsigned level) {
  constexpr unsigned kUnrolled = 4;
  switch (level) {
    case 0: return unrolled<T, op, 0>(values);
    case 1: return unrolled<T, op, 1>(values);
    case 2: return unrolled<T, op, 2>(values);
    case 3: return unrolled<T, op, 3>(values);
    case kUnrolled: return unrolled<T, op, kUnrolled>(values);
    default:
      return op(all_there<T, op>(values, level - 1),
                all_there<T, op>(values + (std::size_t{1} << (level - 1)), level - 1));
  }
}

template <class T, T (*op)(T, T)>
Value some_there(const Cell* values, const std::uint8_t* statuses, unsigned level) {
  if (level == 0) return *statuses == 0 ? Value(*values) : Value();
  const std::size_t half = std::size_t{1} << (level - 1);
  const Value left = some_there<T, op>(values, statuses, level - 1);
  const Value right = some_there<T, op>(values + half, statuses + half, level - 1);
  return left && right ? apply<T, op>(*left, *right) : left ? left : right;
}

template <class T, T (*op)(T, T)>
Value tree(const Cell* values, const std::uint8_t* statuses, unsigned level) {
  return statuses == nullptr ? cell_of(all_there<T, op>(values, level))
                             : some_there<T, op>(values, statuses, level);
}

}  // namespace

#define RV_REDUCED(type)                                                       \
  {                                                                            \
    {tree<rv_##type, rv_##type##_add>, apply<rv_##type, rv_##type##_add>},     \
        {tree<rv_##type, rv_##type##_min>, apply<rv_##type, rv_##type##_min>}, \
        {tree<rv_##type, rv_##type##_max>, apply<rv_##type, rv_##type##_max>}, \
  }
// By type and operation.
const Reduction::Meaning Reduction::kMeanings[kTypes][3] = {RV_REDUCED(i64), RV_REDUCED(i32),
                                                            RV_REDUCED(f64), RV_REDUCED(f32)};
#undef RV_REDUCED

Reduction::Reduction(Operation operation, Type type)
    : operation_(operation),
      type_(type),
      meaning_(kMeanings[static_cast<std::size_t>(type)][static_cast<std::size_t>(operation)]) {}

unsigned node_level(std::uint64_t first, std::uint64_t count) {
  const int most = static_cast<int>(std::bit_width(count)) - 1;
  return static_cast<unsigned>(std::min(std::countr_zero(first), most));
}

std::vector<Value> Reduction::nodes(std::uint64_t first, std::span<const Cell> values,
                                    const std::uint8_t* statuses) const {
  std::vector<Value> nodes;
  for (std::size_t done = 0; done < values.size();) {
    const unsigned level = node_level(first + done, values.size() - done);
    const std::uint8_t* const mine = statuses == nullptr ? nullptr : statuses + done;
    nodes.push_back(meaning_.tree(values.data() + done, mine, level));
    done += std::size_t{1} << level;
  }
  return nodes;
}

Value Reduction::combine(Value left, Value right) const {
  return left && right ? meaning_.combine(*left, *right) : left ? left : right;
}

void Reduction::add(std::uint64_t count, std::span<const Value> nodes) {
  for (Value node : nodes) {
    const unsigned size = node_level(end_, count);
    unsigned level = size;
    for (; (end_ >> level & 1) != 0; ++level) node = combine(pending_[level], node);
    pending_[level] = node;
    end_ += std::uint64_t{1} << size;
    count -= std::uint64_t{1} << size;
  }
}

Value Reduction::total() const {
  Value total;
  for (unsigned level = 0; level < pending_.size(); ++level) {
    if ((end_ >> level & 1) != 0) total = combine(pending_[level], total);
  }
  // The bits of 0 and of 0.0.
  if (!total) return operation_ == Operation::Sum ? Value(0) : total;
  switch (type_) {
    case Type::F64: return cell_of(rv_f64_canon(value_of<rv_f64>(*total)));
    case Type::F32: return cell_of(rv_f32_canon(value_of<rv_f32>(*total)));
    case Type::I64:
    case Type::I32: break;
  }
  return total;
}

}  // namespace rosetta::par
