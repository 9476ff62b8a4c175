// The driver's functions as src/gpu/cuda_driver.def has them, against NVIDIA's header. It is
// compiled by cuda_header_test.py where there is such a header, and never run.
#include <cuda.h>

#include <cstddef>
#include <type_traits>

#include "gpu/cuda_driver.h"

namespace rosetta::gpu::cuda {
namespace {

// Whether both are passed alike, and what they point to is alike. The names of enumerations, and of
// structures that nobody sees into, are each side's own.
template <class Ours, class Theirs>
constexpr bool kAlike = [] {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    using Our = std::remove_pointer_t<Ours>;
    using Their = std::remove_pointer_t<Theirs>;
    return std::is_const_v<Our> == std::is_const_v<Their> &&
           ((std::is_class_v<Our> && std::is_class_v<Their>) ||
            kAlike<std::remove_const_t<Our>, std::remove_const_t<Their>>);
  } else if constexpr (std::is_enum_v<Ours> && std::is_enum_v<Theirs>) {
    return sizeof(Ours) == sizeof(Theirs);
  } else {
    return std::is_same_v<Ours, Theirs>;
  }
}();

template <class Theirs, class... Ours>
constexpr bool kIsEntry = false;
template <class... Theirs, class... Ours>
constexpr bool kIsEntry<CUresult(Theirs...), Ours...> = [] {
  if constexpr (sizeof...(Ours) == sizeof...(Theirs)) return (kAlike<Ours, Theirs> && ...);
  return false;
}();

#define CUDA(name, exported, ...) \
  static_assert(kIsEntry<decltype(::exported), __VA_ARGS__>, #exported);
#include "gpu/cuda_driver.def"
#undef CUDA

constexpr bool is(auto ours, auto theirs) {
  return static_cast<unsigned>(ours) == static_cast<unsigned>(theirs);
}

static_assert(is(Status::Success, CUDA_SUCCESS));
static_assert(is(Status::OutOfMemory, CUDA_ERROR_OUT_OF_MEMORY));
static_assert(is(Status::NoDevice, CUDA_ERROR_NO_DEVICE));
static_assert(is(Status::UnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
static_assert(is(Attribute::Multiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
static_assert(is(Attribute::ThreadsPerMultiprocessor,
                 CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR));
static_assert(is(Attribute::CapabilityMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
static_assert(is(Attribute::CapabilityMinor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
static_assert(is(LinkOption::ErrorLog, CU_JIT_ERROR_LOG_BUFFER));
static_assert(is(LinkOption::ErrorLogBytes, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES));
static_assert(is(LinkInput::Ptx, CU_JIT_INPUT_PTX));
static_assert(is(kStreamOfItsOwn, CU_STREAM_NON_BLOCKING));
static_assert(is(kEventThatSleeps, CU_EVENT_BLOCKING_SYNC));
static_assert(is(kEventWithoutTime, CU_EVENT_DISABLE_TIMING));

}  // namespace
}  // namespace rosetta::gpu::cuda
