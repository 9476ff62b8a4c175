// Memory for frames: address space reserved at once, pages committed as they are touched.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "isa/type.h"

namespace rosetta::interp {

class Region {
 public:
  // Room for `cells`; more than the machine's memory is refused, since touching it all would end
  // the process.
  static Result<Region> reserve(std::uint64_t cells);
  ~Region();
  Region(Region&& other) noexcept;
  Region& operator=(Region&&) = delete;

  [[nodiscard]] Cell* begin() const { return begin_; }

 private:
  Region(Cell* begin, std::size_t bytes) : begin_(begin), bytes_(bytes) {}

  Cell* begin_;
  std::size_t bytes_;
};

}  // namespace rosetta::interp
