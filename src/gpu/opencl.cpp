#include "gpu/opencl.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "gpu/opencl_queue.h"

namespace rosetta::gpu {
namespace {

using namespace opencl;

Error machine(std::string message) { return {Fault::Machine, std::move(message)}; }

// What a query gives, or nothing of it where it fails: whoever needs it will see.
template <class T>
T number(const Library& cl, cl_device_id device, cl_device_info what) {
  T value{};
  return cl.clGetDeviceInfo(device, what, sizeof value, &value, nullptr) == CL_SUCCESS ? value
                                                                                       : T{};
}
template <class Query>
std::string text(const Query& query) {
  std::size_t size = 0;
  if (query(0, nullptr, &size) != CL_SUCCESS || size == 0) return {};
  std::string value(size, '\0');
  if (query(size, value.data(), nullptr) != CL_SUCCESS) return {};
  value.resize(std::min(value.find('\0'), size));
  while (!value.empty() && value.back() == ' ') value.pop_back();
  return value;
}
std::string text(const Library& cl, cl_device_id device, cl_device_info what) {
  return text([&](std::size_t size, char* value, std::size_t* wanted) {
    return cl.clGetDeviceInfo(device, what, size, value, wanted);
  });
}
std::string text(const Library& cl, cl_platform_id platform, cl_platform_info what) {
  return text([&](std::size_t size, char* value, std::size_t* wanted) {
    return cl.clGetPlatformInfo(platform, what, size, value, wanted);
  });
}

// Threads of a group, and threads that keep the device busy. A processor runs a group's one after
// the other; a GPU has some thousand at once on each unit, whose waiting they hide.
void add_lanes(DeviceInfo& info, bool is_gpu, std::uint32_t units, std::size_t largest_group) {
  info.group =
      static_cast<std::uint32_t>(std::clamp<std::size_t>(largest_group, 1, is_gpu ? 128 : 8));
  info.lanes = std::max(units, 1U) * (is_gpu ? 2048 / info.group * info.group : info.group);
}

}  // namespace

struct OpenCl::Inner {
  std::shared_ptr<const Library> library;
  std::vector<Target> targets;
  std::vector<OpenClDevice> devices;

  void add(cl_platform_id platform, cl_device_id id) {
    const Library& cl = *library;
    OpenClDevice device;
    device.name = text(cl, id, CL_DEVICE_NAME);
    device.driver = text(cl, id, CL_DRIVER_VERSION);
    device.platform =
        text(cl, platform, CL_PLATFORM_NAME) + ", " + text(cl, platform, CL_PLATFORM_VERSION);
    device.is_gpu = (number<cl_device_type>(cl, id, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_GPU) != 0;
    device.has_f64 = text(cl, id, CL_DEVICE_EXTENSIONS).contains("cl_khr_fp64");
    device.memory = number<cl_ulong>(cl, id, CL_DEVICE_GLOBAL_MEM_SIZE);
    device.units = number<cl_uint>(cl, id, CL_DEVICE_MAX_COMPUTE_UNITS);
    targets.push_back(
        {id, device.name,
         device.platform + "\n" + device.driver + "\n" + text(cl, id, CL_DEVICE_VERSION)});
    devices.push_back(std::move(device));
  }

  // What of the types the device has not, or computes otherwise.
  [[nodiscard]] Result<void> check(std::size_t place, Floats used) const {
    const cl_device_id id = targets[place].id;
    const std::string name = "OpenCL device `" + devices[place].name + "`";
    if (number<cl_bool>(*library, id, CL_DEVICE_COMPILER_AVAILABLE) == CL_FALSE) {
      return std::unexpected(machine(name + " has no compiler for OpenCL C"));
    }
    if (used.f64 && !devices[place].has_f64) {
      return std::unexpected(
          machine("this program computes with f64, and " + name +
                  " has none (its extensions lack cl_khr_fp64); another device may, and so has "
                  "every other engine"));
    }
    const auto rounds_as_wanted = [&](cl_device_info what, const char* type) -> Result<void> {
      constexpr cl_device_fp_config kWanted = CL_FP_DENORM | CL_FP_ROUND_TO_NEAREST;
      const auto config = number<cl_device_fp_config>(*library, id, what);
      if ((config & kWanted) == kWanted) return {};
      return std::unexpected(machine(
          std::string("this program computes with ") + type + ", of which " + name +
          ((config & CL_FP_DENORM) == 0 ? " does not keep subnormal numbers"
                                        : " does not round to nearest") +
          ": its results would be others; another device may, and so does every other engine"));
    };
    if (used.f32) {
      const Result<void> fine = rounds_as_wanted(CL_DEVICE_SINGLE_FP_CONFIG, "f32");
      if (!fine) return fine;
    }
    return used.f64 ? rounds_as_wanted(CL_DEVICE_DOUBLE_FP_CONFIG, "f64") : Result<void>{};
  }
};

OpenCl::OpenCl(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
OpenCl::~OpenCl() = default;

const std::vector<OpenClDevice>& OpenCl::devices() const { return inner_->devices; }

Result<std::unique_ptr<OpenCl>> OpenCl::open(const std::string& library) {
  Result<Library> loaded = load_library(library);
  if (!loaded) return std::unexpected(loaded.error());
  auto inner = std::make_unique<Inner>();
  inner->library = std::make_shared<const Library>(*loaded);
  const Library& cl = *inner->library;
  cl_uint count = 0;
  cl_int code = cl.clGetPlatformIDs(0, nullptr, &count);
  std::vector<cl_platform_id> platforms(count);
  if (code == CL_SUCCESS) code = cl.clGetPlatformIDs(count, platforms.data(), nullptr);
  if (code != CL_SUCCESS || count == 0) {
    return std::unexpected(
        machine("no OpenCL driver was found: clGetPlatformIDs gives " +
                (code == CL_SUCCESS ? "none" : code_text(code)) +
                " (each driver has a file in /etc/OpenCL/vendors, or where OCL_ICD_VENDORS says; "
                "on Debian pocl-opencl-icd has one for the processor)"));
  }
  for (const cl_platform_id platform : platforms) {
    cl_uint here = 0;
    // (A driver without a device for it says so with an error.)
    if (cl.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &here) != CL_SUCCESS) continue;
    std::vector<cl_device_id> ids(here);
    if (cl.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, here, ids.data(), nullptr) != CL_SUCCESS) {
      continue;
    }
    for (const cl_device_id id : ids) inner->add(platform, id);
  }
  if (inner->devices.empty()) {
    std::string names;
    for (const cl_platform_id platform : platforms) {
      names += (names.empty() ? "`" : ", `") + text(cl, platform, CL_PLATFORM_NAME) + "`";
    }
    return std::unexpected(machine("no OpenCL device was found: the drivers that there are (" +
                                   names + ") have none on this machine"));
  }
  return std::unique_ptr<OpenCl>(new OpenCl(std::move(inner)));
}

Result<OpenCl::Loaded> OpenCl::load(std::size_t device, const std::string& text, Floats used,
                                    const Cache* cache) const {
  const Result<void> fits = inner_->check(device, used);
  if (!fits) return std::unexpected(fits.error());
  const Library& cl = *inner_->library;
  const Target& target = inner_->targets[device];
  cl_int code = 0;
  Handle<cl_context> context{cl.clCreateContext(nullptr, 1, &target.id, nullptr, nullptr, &code),
                             {cl.clReleaseContext}};
  if (code != CL_SUCCESS) {
    return std::unexpected(machine(failure("clCreateContext", target.name, code).message));
  }
  Result<Compiled> compiled = compile(cl, context.get(), target, text, cache);
  if (!compiled) return std::unexpected(compiled.error());
  const OpenClDevice& about = inner_->devices[device];
  DeviceInfo info{about.name, about.memory};
  add_lanes(info, about.is_gpu, about.units,
            number<std::size_t>(cl, target.id, CL_DEVICE_MAX_WORK_GROUP_SIZE));
  auto kernel = std::make_shared<Kernel>(inner_->library, target, std::move(info),
                                         std::move(context), std::move(compiled->program));
  return Loaded{make_device(std::move(kernel)), std::move(compiled->story)};
}

}  // namespace rosetta::gpu
