// The compiler of this build, for tests.
#pragma once

#include <gtest/gtest.h>

#include "engine/native/loader.h"
#include "engine/native/native.h"

namespace rosetta {

// ThreadSanitizer keeps signals until the thread calls something of the system's, so that compiled
// code is not interrupted.
#if __has_feature(thread_sanitizer)
inline constexpr bool kInterruptible = false;
#else
inline constexpr bool kInterruptible = true;
#endif

inline const native::Compiler& test_compiler() {
  static const Result<const native::Compiler*> kLoaded = native::load_compiler(ROSETTAVM_COMPILER);
  if (!kLoaded) ADD_FAILURE() << kLoaded.error().message;
  return **kLoaded;
}

inline native::Image test_image(const ir::Program& program, bool fuel, bool optimised = true) {
  native::CompileOptions options{.fuel = fuel};
  if (!optimised) options.most_optimised = 0;
  Result<native::Image> image = test_compiler().compile(program, {}, options);
  if (!image) ADD_FAILURE() << image.error().message;
  return std::move(*image);
}

inline std::unique_ptr<Engine> native_engine(const ir::Program& program,
                                             const EngineOptions& options,
                                             const native::Image& image) {
  Result<native::Mapping> code = native::Mapping::map(image);
  if (!code) ADD_FAILURE() << code.error().message;
  return make_native(program, options, std::move(*code));
}

}  // namespace rosetta
