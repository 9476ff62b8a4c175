// What an engine compiles, for a person to read.
#include "app/engines.h"
#include "app/files.h"
#include "app/json.h"

namespace rosetta {

int emit(const EmitOptions& options, const Common& common) {
  int status = kFine;
  OpenStore store(common);
  const std::optional<Module> module = load_program(options.program, store, common, status);
  if (!module) return status;
  const Result<std::uint32_t> entry = find_entry(*module, options.entry);
  if (!entry) return fail(entry.error(), common);
  Listings listings(*module);
  const auto program = ir::link(module->assembly.functions, *entry);
  if (!program) return fail(program.error(), *entry, listings, common);

  const Result<const native::Compiler*> found = compiler();
  if (!found) return fail(found.error(), common);
  const native::Symbols names = symbols(*program, listings, false);
  const auto listing =
      options.to == EmitTo::Asm ? native::Listing::Assembly : native::Listing::Llvm;
  const Result<std::string> text = (*found)->list(*program, {options.fuel, &names}, listing);
  if (!text) return fail(text.error(), common);
  const std::string written =
      common.json ? line({{"to", options.to == EmitTo::Asm ? "asm" : "llvm"}, {"text", *text}})
                  : *text;
  const std::string output = options.output.empty() ? "-" : options.output;
  if (const Result<void> done = write_file(output, written); !done) {
    return fail(done.error(), common);
  }
  return kFine;
}

}  // namespace rosetta
