#include "engine/native/mapping.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace rosetta::native {
namespace {

constexpr std::size_t up_to_page(std::size_t bytes) {
  return (bytes + Image::kPage - 1) / Image::kPage * Image::kPage;
}

}  // namespace

Result<Mapping> Mapping::map(const Image& image) {
  const std::size_t text = up_to_page(image.text.size());
  const std::size_t bytes = text + up_to_page(image.data.size());
  const auto refused = [&] {
    return std::unexpected(
        Error{Fault::Machine, std::string("memory for compiled code: ") + std::strerror(errno)});
  };
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return refused();
  auto* const begin = static_cast<std::byte*>(memory);
  Mapping mapping(begin, bytes, image);
  std::ranges::copy(image.text, begin);
  std::ranges::copy(image.data, begin + text);
  __builtin___clear_cache(reinterpret_cast<char*>(begin), reinterpret_cast<char*>(begin + text));
  // Never writable and executable at once.
  if (mprotect(begin, text, PROT_READ | PROT_EXEC) != 0) return refused();
  if (bytes > text && mprotect(begin + text, bytes - text, PROT_READ) != 0) return refused();
  return mapping;
}

Mapping::~Mapping() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

std::optional<std::uint32_t> Mapping::function_at(std::uint64_t pc) const {
  const std::uint64_t offset = pc - reinterpret_cast<std::uint64_t>(begin_);
  const auto after = std::ranges::upper_bound(parts_, offset, {}, &Image::Part::offset);
  if (after == parts_.begin()) return std::nullopt;
  const Image::Part& part = *(after - 1);
  if (offset - part.offset >= part.size) return std::nullopt;
  return part.function;
}

std::uint64_t Mapping::stack_bytes(std::uint64_t depth) const {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(depth, stack_per_depth_, &bytes) ||
      __builtin_add_overflow(bytes, stack_once_, &bytes)) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return bytes;
}

}  // namespace rosetta::native
