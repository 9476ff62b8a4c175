// The whole way of a program onto NVIDIA's devices, as far as it goes without one: PTX by the
// compiler, through the runner and the engine over devices, each instruction run as PTX defines it
// (gpu/ptx_to_c.py). What check lines say has to come out.
#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "compiled.h"
#include "gpu/device_engine.h"
#include "gpu/ptx_kernel.h"
#include "gpu/toy.h"
#include "ir/explicit.h"
#include "stacks.h"
#include "text/assemble.h"
#include "text/value.h"
#include "unit/files.h"

namespace rosetta::gpu {
namespace {

// A function that is checked, as an entry.
struct Checked {
  ir::Program program;
  ir::Program stacked;
  std::string ptx;
};

std::string values(std::span<const Cell> cells, std::span<const Type> types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) text += " " + to_text(cells[i], types[i]);
  return text;
}

class CudaChecks : public CudaTest {
 protected:
  CudaChecks() {
    machine({.compile = [](const std::string& ptx) { return fake_cuda::compile_ptx(ptx); }});
  }

  // Every `of`-th file of a folder.
  void run_folder(const char* folder, std::size_t part = 0, std::size_t of = 1) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".rvm") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    EXPECT_GT(paths.size(), 10U);
    for (std::size_t i = part; i < paths.size(); i += of) run_file(paths[i]);
  }

 private:
  static std::map<std::uint32_t, Checked> compile(const Assembly& assembly) {
    std::map<std::uint32_t, Checked> all;
    std::vector<std::string> texts;
    for (const Check& check : assembly.checks) {
      if (all.contains(check.function)) continue;
      Checked& checked = all[check.function];
      auto program = ir::link(assembly.functions, check.function);
      if (!program) {
        ADD_FAILURE() << "does not link";
        continue;
      }
      checked.program = std::move(*program);
      checked.stacked = with_stacks(checked.program);
      Result<std::string> ptx =
          test_compiler().list(checked.stacked, {.fuel = true}, native::Listing::Ptx);
      EXPECT_TRUE(ptx.has_value()) << ptx.error().message;
      checked.ptx = std::move(*ptx);
      texts.push_back(checked.ptx);
    }
    EXPECT_TRUE(fake_cuda::compile_all_ptx(texts));
    return all;
  }

  static void run_file(const std::string& path) {
    const Assembly assembly = assemble(bytes_in(path));
    ASSERT_EQ(assembly.error_count, 0U) << path;
    const std::map<std::uint32_t, Checked> checked = compile(assembly);
    const std::unique_ptr<Cuda> cuda = driver();
    // Those of one function and one set of limits are tasks of one run.
    std::map<std::tuple<std::uint32_t, std::optional<std::uint64_t>, std::optional<std::uint64_t>>,
             std::vector<const Check*>>
        runs;
    for (const Check& check : assembly.checks) {
      runs[{check.function, check.fuel, check.depth}].push_back(&check);
    }
    for (const auto& [key, checks] : runs) {
      run(*cuda, checked.at(std::get<0>(key)), checks, path);
    }
  }

  static void run(Cuda& cuda, const Checked& checked, const std::vector<const Check*>& checks,
                  const std::string& path) {
    Result<Cuda::Loaded> loaded = cuda.load(0, checked.ptx, nullptr);
    ASSERT_TRUE(loaded.has_value()) << path << ": " << loaded.error().message;
    EngineOptions options;
    options.limits.fuel = checks.front()->fuel;
    options.limits.max_depth = checks.front()->depth.value_or(options.limits.max_depth);
    std::vector<std::unique_ptr<Device>> devices;
    devices.push_back(std::move(loaded->device));
    const auto engine = make_device_engine(
        checked.program, ir::most_stack_cells(checked.stacked, options.limits.max_depth), options,
        std::move(devices));
    const ir::Function& entry = checked.program.entry();
    std::vector<std::vector<Cell>> arguments(entry.params.size());
    std::vector<std::vector<Cell>> results(entry.results.size(), std::vector<Cell>(checks.size()));
    std::vector<std::uint8_t> statuses(checks.size());
    for (const Check* const check : checks) {
      for (std::size_t k = 0; k < arguments.size(); ++k) {
        arguments[k].push_back(check->arguments[k]);
      }
    }
    std::vector<const Cell*> from;
    std::vector<Cell*> to;
    for (const auto& column : arguments) from.push_back(column.data());
    for (auto& column : results) to.push_back(column.data());
    const Result<Outcome> ran = engine->run({0, checks.size(), from, to, statuses.data()});
    ASSERT_TRUE(ran.has_value()) << path << ": " << ran.error().message;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const Check& check = *checks[i];
      const std::string where = path + " at " + std::to_string(check.place.begin) + ":" +
                                values(check.arguments, entry.params);
      EXPECT_EQ(name(static_cast<Trap>(statuses[i])), name(check.trap)) << where;
      if (check.trap != Trap::None || statuses[i] != 0) continue;
      std::vector<Cell> got;
      for (const auto& column : results) got.push_back(column[i]);
      EXPECT_EQ(values(got, entry.results), values(check.results, entry.results)) << where;
      EXPECT_EQ(got, check.results) << where;
    }
  }
};

constexpr std::size_t kParts = 4;
TEST_F(CudaChecks, OfCasesFirstPart) { run_folder(ROSETTAVM_CASES, 0, kParts); }
TEST_F(CudaChecks, OfCasesSecondPart) { run_folder(ROSETTAVM_CASES, 1, kParts); }
TEST_F(CudaChecks, OfCasesThirdPart) { run_folder(ROSETTAVM_CASES, 2, kParts); }
TEST_F(CudaChecks, OfCasesFourthPart) { run_folder(ROSETTAVM_CASES, 3, kParts); }
TEST_F(CudaChecks, OfExamples) { run_folder(ROSETTAVM_EXAMPLES); }
TEST_F(CudaChecks, OfKernels) { run_folder(ROSETTAVM_KERNELS); }

}  // namespace
}  // namespace rosetta::gpu
