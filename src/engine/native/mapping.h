// An image in memory, ready to run.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "engine/native/image.h"

namespace rosetta::native {

// Immutable; may be entered from any thread while it lives.
class Mapping {
 public:
  static Result<Mapping> map(const Image& image);
  ~Mapping();
  Mapping(Mapping&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        bytes_(other.bytes_),
        text_(other.text_),
        start_(other.start_),
        stack_per_depth_(other.stack_per_depth_),
        stack_once_(other.stack_once_),
        results_(other.results_),
        parts_(std::move(other.parts_)) {}
  Mapping& operator=(Mapping&&) = delete;

  [[nodiscard]] const std::byte* begin() const { return begin_; }
  [[nodiscard]] const std::byte* start() const { return begin_ + start_; }
  [[nodiscard]] bool has_code_at(std::uint64_t pc) const {
    return pc - reinterpret_cast<std::uint64_t>(begin_) < text_;
  }
  // The function that the code there is of, with what it inlined.
  [[nodiscard]] std::optional<std::uint32_t> function_at(std::uint64_t pc) const;

  // Bytes of machine stack for a call depth; the greatest number where that is too many to count.
  [[nodiscard]] std::uint64_t stack_bytes(std::uint64_t depth) const;
  [[nodiscard]] std::uint64_t results() const { return results_; }

 private:
  Mapping(std::byte* begin, std::size_t bytes, const Image& image)
      : begin_(begin),
        bytes_(bytes),
        text_(image.text.size()),
        start_(image.start),
        stack_per_depth_(image.stack_per_depth),
        stack_once_(image.stack_once),
        results_(image.results),
        parts_(image.parts) {}

  std::byte* begin_;
  std::size_t bytes_;
  std::size_t text_;
  std::uint32_t start_;
  std::uint64_t stack_per_depth_;
  std::uint64_t stack_once_;
  std::uint64_t results_;
  std::vector<Image::Part> parts_;
};

}  // namespace rosetta::native
