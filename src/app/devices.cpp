#include "app/devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "app/render.h"
#include "engine/native/key.h"
#include "gpu/device_engine.h"
#include "gpu/emit.h"
#include "ir/explicit.h"

namespace rosetta {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::optional<std::size_t> as_number(const std::string& text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

// A device in a list.
struct Listed {
  std::string name;
  std::string about;
};

std::string text_of(const std::vector<Listed>& devices) {
  std::string text;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    text +=
        fmt::format("\n  {}  {} ({})", i, printable(devices[i].name), printable(devices[i].about));
  }
  return text;
}

Result<std::size_t> find_device(std::string_view kind, const std::vector<Listed>& devices,
                                const std::string& wanted) {
  const std::optional<std::size_t> number = as_number(wanted);
  if (number && *number < devices.size()) return *number;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; !number && i < devices.size(); ++i) {
    if (lower(devices[i].name).contains(lower(wanted))) found.push_back(i);
  }
  if (found.size() == 1) return found.front();
  return std::unexpected(Error{
      Fault::Usage, fmt::format("{} {} device is `{}`; --device needs the number, or a part of "
                                "the name, of one of these:{}",
                                found.empty() ? "no" : "more than one", kind, printable(wanted),
                                text_of(devices))});
}

// Each once.
Result<std::vector<std::size_t>> find_named(std::string_view kind,
                                            const std::vector<Listed>& devices,
                                            const std::vector<std::string>& wanted) {
  std::vector<std::size_t> places;
  for (const std::string& each : wanted) {
    const Result<std::size_t> place = find_device(kind, devices, each);
    if (!place) return std::unexpected(place.error());
    if (std::ranges::find(places, *place) == places.end()) places.push_back(*place);
  }
  return places;
}

// The text has no names, so that a program under others has the same code.
gpu::Naming naming(const ir::Program& program, std::string name) {
  return {std::vector(program.functions.size(), std::move(name)),
          std::vector(program.functions.size(), std::string(64, '0'))};
}

std::optional<Cache> cache_of(const EngineSettings& settings) {
  return settings.cache ? code_cache() : std::nullopt;
}

using Devices = std::vector<std::unique_ptr<gpu::Device>>;

// A device with its kernel, as one runner or the other gives it.
void add(ChosenEngine& chosen, Devices& devices, auto loaded) {
  chosen.devices += (devices.empty() ? "" : ", ") + loaded.device->info().name;
  chosen.code += (devices.empty() ? "" : "; ") + loaded.code;
  devices.push_back(std::move(loaded.device));
}

// With an engine over devices that have the program's kernel.
Result<ChosenEngine> run_on(Devices devices, const ir::Program& program,
                            const EngineOptions& options, ChosenEngine chosen) {
  const Result<ir::Program> stacked = ir::with_explicit_stacks(program);
  if (!stacked) return std::unexpected(stacked.error());
  auto engine =
      gpu::make_device_engine(program, ir::most_stack_cells(*stacked, options.limits.max_depth),
                              options, std::move(devices));
  chosen.story = [&on = *engine] { return on.story(); };
  chosen.engine = std::move(engine);
  return chosen;
}

// The kernel of a program with explicit stacks. Kept like what drivers make of it, so that a second
// run need not load the compiler.
Result<std::string> ptx_of(const ir::Program& stacked, const Cache* cache) {
  const native::CompileOptions options{.fuel = true};
  const Hash key = blake3("PTX of " + to_hex(native::code_key(stacked, options)));
  if (cache != nullptr) {
    Cache::Found found = cache->find(key);
    if (found.bytes) return std::move(*found.bytes);
  }
  const Result<const native::Compiler*> found = compiler();
  if (!found) return std::unexpected(found.error());
  Result<std::string> ptx = (*found)->list(stacked, options, native::Listing::Ptx);
  // What cannot be kept is compiled again next time.
  if (ptx && cache != nullptr) static_cast<void>(cache->keep(key, *ptx));
  return ptx;
}

}  // namespace

Result<const gpu::OpenCl*> opencl() {
  // Never destroyed: drivers may be gone before.
  static const auto& kOpened = *new const Result<std::unique_ptr<gpu::OpenCl>>(gpu::OpenCl::open());
  if (!kOpened) return std::unexpected(kOpened.error());
  return kOpened->get();
}

Result<std::vector<std::size_t>> find_devices(const std::vector<gpu::OpenClDevice>& devices,
                                              const std::vector<std::string>& wanted) {
  std::vector<Listed> listed;
  for (const gpu::OpenClDevice& device : devices) listed.push_back({device.name, device.platform});
  Result<std::vector<std::size_t>> places = find_named("OpenCL", listed, wanted);
  if (places && places->empty()) {
    const auto gpu = std::ranges::find_if(devices, &gpu::OpenClDevice::is_gpu);
    places->push_back(gpu == devices.end() ? 0 : static_cast<std::size_t>(gpu - devices.begin()));
  }
  return places;
}

Result<gpu::OpenCl::Loaded> load_kernel(const gpu::OpenCl& opencl, std::size_t device,
                                        const ir::Program& program,
                                        const std::optional<Cache>& cache) {
  const Result<std::string> text =
      gpu::emit_kernel(program, gpu::Dialect::OpenCl, naming(program, "f"));
  if (!text) return std::unexpected(text.error());
  return opencl.load(device, *text, gpu::floats_of(program), cache ? &*cache : nullptr);
}

Result<ChosenEngine> choose_opencl(const EngineSettings& settings, const ir::Program& program,
                                   const EngineOptions& options, Stages* stages) {
  const auto done = [stages](std::string stage) {
    if (stages != nullptr) stages->done(std::move(stage));
  };
  const Result<const gpu::OpenCl*> found = opencl();
  if (!found) return std::unexpected(found.error());
  const auto places = find_devices((*found)->devices(), settings.devices);
  if (!places) return std::unexpected(places.error());
  done("find devices");
  ChosenEngine chosen{nullptr, "opencl", {}};
  Devices devices;
  for (const std::size_t place : *places) {
    auto loaded = load_kernel(**found, place, program, cache_of(settings));
    if (!loaded) return std::unexpected(loaded.error());
    add(chosen, devices, std::move(*loaded));
  }
  done("load kernel");
  return run_on(std::move(devices), program, options, std::move(chosen));
}

Result<gpu::Cuda*> cuda() {
  // Never destroyed: the driver may be gone before.
  static const auto& kOpened = *new const Result<std::unique_ptr<gpu::Cuda>>(gpu::Cuda::open());
  if (!kOpened) return std::unexpected(kOpened.error());
  return kOpened->get();
}

Result<std::vector<std::size_t>> find_devices(const std::vector<gpu::CudaGpu>& gpus,
                                              const std::vector<std::string>& wanted) {
  std::vector<Listed> listed;
  for (const gpu::CudaGpu& gpu : gpus) {
    listed.push_back({gpu.info.name, fmt::format("compute capability {}.{}", gpu.capability / 10,
                                                 gpu.capability % 10)});
  }
  Result<std::vector<std::size_t>> places = find_named("CUDA", listed, wanted);
  if (places && places->empty()) {
    places->resize(gpus.size());
    std::iota(places->begin(), places->end(), std::size_t{0});
  }
  return places;
}

Result<gpu::Cuda::Loaded> load_kernel(gpu::Cuda& cuda, std::size_t gpu, const ir::Program& program,
                                      const std::optional<Cache>& cache) {
  const Cache* const kept = cache ? &*cache : nullptr;
  const Result<ir::Program> stacked = ir::with_explicit_stacks(program);
  if (!stacked) return std::unexpected(stacked.error());
  const Result<std::string> ptx = ptx_of(*stacked, kept);
  if (!ptx) return std::unexpected(ptx.error());
  return cuda.load(gpu, *ptx, kept);
}

Result<ChosenEngine> choose_cuda(const EngineSettings& settings, const ir::Program& program,
                                 const EngineOptions& options, Stages* stages) {
  const auto done = [stages](std::string stage) {
    if (stages != nullptr) stages->done(std::move(stage));
  };
  const Result<gpu::Cuda*> found = cuda();
  if (!found) return std::unexpected(found.error());
  const auto places = find_devices((*found)->gpus(), settings.devices);
  if (!places) return std::unexpected(places.error());
  done("find devices");
  ChosenEngine chosen{nullptr, "cuda", {}};
  Devices devices;
  for (const std::size_t place : *places) {
    auto loaded = load_kernel(**found, place, program, cache_of(settings));
    if (!loaded) return std::unexpected(loaded.error());
    add(chosen, devices, std::move(*loaded));
  }
  done("load kernel");
  return run_on(std::move(devices), program, options, std::move(chosen));
}

}  // namespace rosetta
