#include "par/made.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace rosetta::par {
namespace {

Cell float_cell(Type type, double value) {
  return type == Type::F64 ? std::bit_cast<Cell>(value)
                           : std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

class Constant final : public Input {
 public:
  explicit Constant(Cell value) : value_(value) {}
  Result<void> read(std::uint64_t /*first*/, std::size_t count,
                    std::span<Cell* const> columns) override {
    std::fill_n(columns[0], count, value_);
    return {};
  }

 private:
  Cell value_;
};

class IntegerRange final : public Input {
 public:
  IntegerRange(Type type, std::uint64_t first, std::uint64_t step, std::uint64_t count)
      : mask_(is_wide(type) ? ~Cell{0} : Cell{0xffff'ffff}),
        first_(first),
        step_(step),
        count_(count) {}

  Result<void> read(std::uint64_t first, std::size_t count,
                    std::span<Cell* const> columns) override {
    Cell* to = columns[0];
    for (std::uint64_t at = first % count_; count > 0; at = 0) {
      const std::size_t run = std::min<std::uint64_t>(count, count_ - at);
      const std::uint64_t begin = first_ + at * step_;
      for (std::size_t i = 0; i < run; ++i) to[i] = (begin + i * step_) & mask_;
      to += run;
      count -= run;
    }
    return {};
  }

 private:
  Cell mask_;
  std::uint64_t first_;
  std::uint64_t step_;
  std::uint64_t count_;
};

class FloatRange final : public Input {
 public:
  FloatRange(Type type, double first, double step, std::uint64_t count)
      : type_(type), first_(first), step_(step), count_(count) {}

  Result<void> read(std::uint64_t first, std::size_t count,
                    std::span<Cell* const> columns) override {
    Cell* to = columns[0];
    for (std::uint64_t at = first % count_; count > 0; --count) {
      const double value = static_cast<double>(at) * step_;
      *to++ = float_cell(type_, first_ + value);
      if (++at == count_) at = 0;
    }
    return {};
  }

 private:
  Type type_;
  double first_;
  double step_;
  std::uint64_t count_;
};

}  // namespace

std::unique_ptr<Input> make_constant(Cell value) { return std::make_unique<Constant>(value); }

std::uint64_t most_indices(Type type) {
  switch (type) {
    case Type::I64: return std::uint64_t{1} << 63;
    case Type::I32: return std::uint64_t{1} << 31;
    case Type::F64: return std::uint64_t{1} << std::numeric_limits<double>::digits;
    case Type::F32: return std::uint64_t{1} << std::numeric_limits<float>::digits;
  }
  return 0;
}

std::unique_ptr<Input> make_index(Type type) {
  const std::uint64_t count = most_indices(type);
  if (is_float(type)) return make_float_range(type, 0, 1, count);
  return make_integer_range(type, 0, 1, count);
}

std::unique_ptr<Input> make_integer_range(Type type, std::int64_t first, std::int64_t step,
                                          std::uint64_t count) {
  return std::make_unique<IntegerRange>(type, static_cast<std::uint64_t>(first),
                                        static_cast<std::uint64_t>(step), count);
}

std::unique_ptr<Input> make_float_range(Type type, double first, double step, std::uint64_t count) {
  return std::make_unique<FloatRange>(type, first, step, count);
}

}  // namespace rosetta::par
