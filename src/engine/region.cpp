#include "engine/region.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rosetta {
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

Result<Region> Region::reserve(std::uint64_t bytes) {
  const std::uint64_t memory = memory_bytes();
  void* const begin = bytes > memory ? MAP_FAILED
                                     : mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (begin == MAP_FAILED && bytes <= memory) {
    return std::unexpected(Error{
        Fault::Machine, fmt::format("cannot have {:.0f} MiB of address space for a stack: {}",
                                    static_cast<double>(bytes) / (1 << 20), std::strerror(errno))});
  }
  if (begin == MAP_FAILED) {
    return std::unexpected(Error{
        Fault::Machine,
        fmt::format("this call depth may need {:.1f} GiB of stack; this machine has {:.1f} GiB of "
                    "memory: a lower --max-depth is needed",
                    static_cast<double>(bytes) / kGib, static_cast<double>(memory) / kGib)});
  }
  return Region(static_cast<std::byte*>(begin), bytes);
}

Region::~Region() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

}  // namespace rosetta
