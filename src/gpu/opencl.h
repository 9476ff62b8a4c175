// The OpenCL runner: any device whose driver registers with the system's ICD loader, which is
// opened when it is asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/cache.h"
#include "gpu/device.h"
#include "gpu/floats.h"

namespace rosetta::gpu {

inline constexpr char kOpenClLibrary[] = "libOpenCL.so.1";

struct OpenClDevice {
  std::string name;      // as its maker calls it
  std::string platform;  // whose it is, and the platform's version
  std::string driver;    // its version
  bool is_gpu = false;
  bool has_f64 = false;
  std::uint64_t memory = 0;
  std::uint32_t units = 0;
};

// The library and its devices. May be used from any thread; the devices that it made outlive it.
class OpenCl {
 public:
  // The error says what is not there: a library, a driver, a device.
  static Result<std::unique_ptr<OpenCl>> open(const std::string& library = kOpenClLibrary);
  ~OpenCl();

  [[nodiscard]] const std::vector<OpenClDevice>& devices() const;

  struct Loaded {
    std::unique_ptr<Device> device;
    std::string code;  // where its code came from, for people
  };
  // A device with the kernel of this text, in OpenCL C. The error says what of the types the device
  // has not, or what its compiler has to say. `cache` may be null.
  Result<Loaded> load(std::size_t device, const std::string& text, Floats used,
                      const Cache* cache) const;

 private:
  struct Inner;
  explicit OpenCl(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace rosetta::gpu
