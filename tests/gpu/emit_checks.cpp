// One source text with a kernel for every function that the check lines of some files are about, or
// for random programs, and a table of the checks: emit_checks c|cuda FILE|seeds=FIRST:COUNT …
// tests/gpu/checks.h, which the text includes at its end, runs it.
#include <cctype>
#include <cstdio>
#include <map>
#include <random>
#include <string>

#include "app/program.h"
#include "fuzz/behaviour.h"
#include "fuzz/generator.h"
#include "gpu/emit.h"
#include "gpu/emit/dialect.h"
#include "ir/explicit.h"

namespace rosetta {
namespace {

// The kernels stand in one text, so each has names of its own: `suffix` behind all that a kernel's
// text defines.
std::string renamed(std::string_view text, const std::string& suffix) {
  const auto is_own = [](std::string_view word) {
    for (const std::string_view begin :
         {"rv_task", "rv_end_", "rv_give_", "rv_stop_", "rv_all_", "rosettavm_tasks"}) {
      if (word.starts_with(begin)) return true;
    }
    return word.size() > 1 && (word[0] == 'f' || word[0] == 'm') && std::isdigit(word[1]) != 0;
  };
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (std::isalnum(text[end]) != 0 || text[end] == '_')) ++end;
    const std::string_view word = text.substr(at, end - at);
    made += word;
    if (is_own(word)) made += suffix;
    if (end < text.size()) made += text[end];
    at = end + 1;
  }
  return made;
}

std::string cells_text(const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell cell : cells) text += std::to_string(cell) + "u, ";
  return "{" + text + "0}";
}

class Text {
 public:
  explicit Text(gpu::Dialect dialect) : dialect_(dialect) {}

  bool add_file(const std::string& path) {
    const Common common;
    OpenStore store(common, true);
    int status = 0;
    const std::optional<Module> module = load_file(path, store, common, status);
    if (!module) return false;
    std::map<std::uint32_t, Kernel> kernels;  // by function
    for (const Check& check : module->assembly.checks) {
      auto [known, is_new] = kernels.try_emplace(check.function);
      if (is_new) known->second = kernel(module->assembly, check.function);
      if (known->second.suffix.empty()) continue;  // a check of a halt that does not fit
      add_row(path + ": " + module->assembly.names[check.function].name, known->second,
              check.arguments, check.results, check.trap,
              {check.depth.value_or(1'000'000), check.fuel});
    }
    return true;
  }

  // A program of the generator's, with what the oracle says that it does, within limits of
  // interest.
  bool add_random(std::uint64_t seed) {
    const std::string text = fuzz::random_program(seed);
    const Assembly assembly = assemble(text);
    if (assembly.error_count != 0) return false;
    const Kernel made = kernel(assembly, *assembly.find("main"));
    const reference::Program oracle(text);
    std::mt19937_64 random(seed);
    for (int tuple = 0; tuple < fuzz::kTuples; ++tuple) {
      const std::vector<Cell> arguments = fuzz::random_arguments(random(), text);
      for (const Limits& limits : fuzz::limits_of_interest(oracle, arguments, random)) {
        const reference::Outcome outcome =
            oracle.run("main", arguments, {limits.max_depth, limits.fuel, fuzz::kMostSteps});
        if (outcome.trap == "gave-up") continue;
        const Trap trap =
            outcome.trap.empty() ? Trap::None : trap_named(outcome.trap).value_or(Trap::None);
        add_row("seed " + std::to_string(seed), made, arguments,
                trap == Trap::None ? outcome.results : std::vector<Cell>(), trap, limits);
      }
    }
    return !made.suffix.empty();
  }

  void print() const {
    std::printf(
        "%s\n#include \"checks.h\"\nstatic const Check checks[] = {\n%s};\n"
        "int main(void) { return run_checks(checks, sizeof checks / sizeof *checks); }\n",
        text_.c_str(), table_.c_str());
  }

 private:
  struct Kernel {
    std::string suffix{};         // of its names
    std::uint64_t per_depth = 0;  // cells of stack
    std::size_t results = 0;
  };

  void add_row(const std::string& what, const Kernel& kernel, const std::vector<Cell>& arguments,
               const std::vector<Cell>& results, Trap trap, const Limits& limits) {
    table_ += "  {\"" + what + "\", rosettavm_tasks" + kernel.suffix + ", " +
              std::to_string(arguments.size()) + ", " + cells_text(arguments) + ", " +
              std::to_string(kernel.results) + ", " + cells_text(results) + ", " +
              std::to_string(static_cast<int>(trap)) + ", " + std::to_string(limits.max_depth) +
              "u, " + std::to_string(limits.fuel.value_or(~std::uint64_t{0})) + "u, " +
              std::to_string(kernel.per_depth) + "},\n";
  }

  Kernel kernel(const Assembly& assembly, std::uint32_t function) {
    const auto program = ir::link(assembly.functions, function);
    if (!program) return {};
    gpu::Naming naming;
    for (const std::uint32_t number : program->numbers) {
      naming.names.push_back(assembly.names[number].name);
      naming.hashes.emplace_back("0");
    }
    const Result<std::string> text = gpu::emit_kernel(*program, dialect_, naming);
    if (!text) return {};
    // What all have in common ends with this.
    const std::string_view common = gpu::task_prelude();
    const std::size_t end = text->find(common) + common.size();
    if (text_.empty()) text_ = text->substr(0, end);
    const std::string suffix = "_k" + std::to_string(count_++);
    text_ += renamed(std::string_view(*text).substr(end), suffix);
    return {suffix, ir::most_stack_cells(gpu::prepare(*program).value(), 1),
            program->entry().results.size()};
  }

  gpu::Dialect dialect_;
  std::string text_;
  std::string table_;
  std::size_t count_ = 0;
};

}  // namespace
}  // namespace rosetta

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  rosetta::Text text(std::string(argv[1]) == "cuda" ? rosetta::gpu::Dialect::Cuda
                                                    : rosetta::gpu::Dialect::C);
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t colon = word.find(':');
    if (!word.starts_with("seeds=")) {
      if (!text.add_file(word)) return 3;
      continue;
    }
    const unsigned long first = std::stoul(word.substr(6));
    const unsigned long count = std::stoul(word.substr(colon + 1));
    for (unsigned long seed = first; seed < first + count; ++seed) {
      if (!text.add_random(seed)) return 3;
    }
  }
  text.print();
  return 0;
}
