// Memory for frames: address space reserved at once, pages committed as they are touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace rosetta {

class Region {
 public:
  // More than the machine's memory is refused, since touching it all would end the process.
  static Result<Region> reserve(std::uint64_t bytes);
  ~Region();
  Region(Region&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), bytes_(other.bytes_) {}
  Region& operator=(Region&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  [[nodiscard]] std::byte* begin() const { return begin_; }
  [[nodiscard]] std::byte* end() const { return begin_ + bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  Region(std::byte* begin, std::size_t bytes) : begin_(begin), bytes_(bytes) {}

  std::byte* begin_;
  std::size_t bytes_;
};

}  // namespace rosetta
