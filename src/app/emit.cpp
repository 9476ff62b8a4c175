// What engines and other compilers are given, for a person to read and to keep.
#include <fmt/format.h>

#include <filesystem>

#include "app/engines.h"
#include "app/files.h"
#include "app/json.h"
#include "app/render.h"
#include "gpu/emit.h"
#include "ir/explicit.h"

namespace rosetta {
namespace {

struct Form {
  std::string_view name;
  std::optional<gpu::Dialect> dialect;  // of source text
  native::Listing listing = native::Listing::Llvm;
};

Form form(EmitTo to) {
  switch (to) {
    case EmitTo::Llvm: return {"llvm", {}, native::Listing::Llvm};
    case EmitTo::Asm: return {"asm", {}, native::Listing::Assembly};
    case EmitTo::C: return {"c", gpu::Dialect::C};
    case EmitTo::Cuda: return {"cuda", gpu::Dialect::Cuda};
    case EmitTo::Hip: return {"hip", gpu::Dialect::Hip};
    case EmitTo::Opencl: return {"opencl", gpu::Dialect::OpenCl};
    case EmitTo::Ptx: return {"ptx", {}, native::Listing::Ptx};
  }
  return {};
}

gpu::Naming naming(const ir::Program& program, Listings& listings) {
  gpu::Naming naming;
  for (const std::uint32_t number : program.numbers) {
    const std::string name = listings.name(number);
    naming.names.push_back(name.starts_with('#') ? "f" : name);
    naming.hashes.push_back(to_hex(listings.hash(number)));
  }
  return naming;
}

Result<std::string> source(const ir::Program& program, gpu::Dialect dialect, bool native,
                           Listings& listings) {
  const gpu::Naming names = naming(program, listings);
  const auto recursion = native ? gpu::Recursion::Native : gpu::Recursion::Stacks;
  return dialect == gpu::Dialect::OpenCl ? gpu::emit_kernel(program, dialect, names, recursion)
                                         : gpu::emit_program(program, dialect, names, recursion);
}

Result<std::string> listing(const ir::Program& program, const Form& form, bool fuel,
                            Listings& listings) {
  const Result<const native::Compiler*> found = compiler();
  if (!found) return std::unexpected(found.error());
  const native::Symbols names = symbols(program, listings, false);
  return (*found)->list(program, {fuel, &names}, form.listing);
}

}  // namespace

int emit(const EmitOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  const std::optional<Module> module = load_program(options.program, store, common, status);
  if (!module) return status;
  const Result<std::uint32_t> entry = find_entry(*module, options.entry);
  if (!entry) return fail(entry.error(), common);
  Listings listings(*module);
  auto program = ir::link(module->assembly.functions, *entry);
  if (!program) return fail(program.error(), *entry, listings, common);
  // Devices have no recursion.
  if (options.to == EmitTo::Ptx) {
    Result<ir::Program> stacked = ir::with_explicit_stacks(*program);
    if (!stacked) return fail(stacked.error(), common);
    program = std::move(*stacked);
  }

  const Form to = form(options.to);
  const Result<std::string> text =
      to.dialect ? source(*program, *to.dialect, options.native_recursion, listings)
                 : listing(*program, to, options.fuel, listings);
  if (!text) return fail(text.error(), common);
  const std::string written =
      common.json ? line({{"to", std::string(to.name)}, {"text", *text}}) : *text;
  const std::string output = options.output.empty() ? "-" : options.output;
  if (const Result<void> done = write_file(output, written); !done) {
    return fail(done.error(), common);
  }
  return kFine;
}

int cuda(EmitOptions options, const Common& common) {
  options.to = EmitTo::Cuda;
  std::error_code failure;
  if (options.output.empty()) {
    std::string stem = std::filesystem::path(options.program).stem().string();
    if (stem.starts_with('#')) stem.erase(0, 1);
    options.output = options.program == "-" ? "-" : stem + ".cu";
    if (std::filesystem::equivalent(options.program, options.output, failure)) {
      return fail(
          Error{Fault::Usage, fmt::format("`{}` is the program itself: say with -o where to write",
                                          printable(options.output))},
          common);
    }
  }
  return emit(options, common);
}

}  // namespace rosetta
