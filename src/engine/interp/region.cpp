#include "engine/interp/region.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace rosetta::interp {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;

std::uint64_t memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page)
             : 0;
}

}  // namespace

Result<Region> Region::reserve(std::uint64_t cells) {
  const std::uint64_t memory = memory_bytes();
  const bool too_much = cells > memory / sizeof(Cell);
  const std::size_t bytes = cells * sizeof(Cell);
  void* const begin = too_much ? MAP_FAILED
                               : mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED) {
    return std::unexpected(Error{
        Fault::Machine,
        fmt::format("this call depth may need {:.1f} GiB of stack; this machine has {:.1f} GiB of "
                    "memory: a lower --max-depth is needed",
                    static_cast<double>(cells) * sizeof(Cell) / kGib,
                    static_cast<double>(memory) / kGib)});
  }
  return Region(static_cast<Cell*>(begin), bytes);
}

Region::Region(Region&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), bytes_(other.bytes_) {}

Region::~Region() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

}  // namespace rosetta::interp
