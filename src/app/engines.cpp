#include "app/engines.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/devices.h"
#include "engine/interp/interp.h"
#include "engine/native/key.h"
#include "engine/native/loader.h"
#include "engine/native/native.h"
#include "engine/native/profile.h"
#include "engine/region.h"

namespace rosetta {

std::string compiler_path() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path() / "lib/rosettavm/rosettavm-llvm.so";
}

std::string code_text(const ChosenEngine& engine) {
  return engine.story ? engine.code + "; " + engine.story() : engine.code;
}

unsigned all_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

std::optional<Cache> code_cache() {
  // The folder as the XDG base directory specification says, which knows absolute paths only.
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') {
    return Cache(std::string(cache) + "/rosettavm/code");
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return std::nullopt;
  return Cache(std::string(home) + "/.cache/rosettavm/code");
}

Result<const native::Compiler*> compiler() {
  // Never destroyed: a thread that compiles may be using it while the process ends.
  static const auto& kCompiler =
      *new const Result<const native::Compiler*>(native::load_compiler(compiler_path()));
  return kCompiler;
}

native::Symbols symbols(const ir::Program& program, Listings& listings, bool lines) {
  native::Symbols symbols;
  symbols.file = listings.module().source.name;
  for (const std::uint32_t number : program.numbers) {
    const std::string name = listings.name(number);
    const std::string hash = to_short_hex(listings.hash(number));
    // (LLVM keeps names that begin with `llvm.` to itself.)
    symbols.names.push_back((name.starts_with('#')       ? "f"
                             : name.starts_with("llvm.") ? "_" + name
                                                         : name) +
                            "." + hash);
    if (!lines) continue;
    const Listings::Listing listing = listings.of(number);
    std::vector<std::uint32_t>& mine = symbols.lines.emplace_back();
    for (const Span& place : listing.places.code) {
      mine.push_back(static_cast<std::uint32_t>(listing.lines.line(place.begin)));
    }
  }
  return symbols;
}

namespace {

// What compiled code is made of, or where it was found.
class Compilation {
 public:
  Compilation(const EngineSettings& settings, const ir::Program& program,
              const native::CompileOptions& options, Stages* stages)
      : program_(program), options_(options), stages_(stages) {
    if (!settings.cache) {
      why_ = "--no-cache";
    } else if (options.symbols != nullptr) {
      why_ = "--profile";
    } else if (cache_ = code_cache(); cache_) {
      key_ = native::code_key(program, options);
    } else {
      why_ = "no cache folder is known: neither XDG_CACHE_HOME nor HOME is set";
    }
  }

  // Nothing where it is not in the cache.
  std::optional<native::Image> find() {
    if (!cache_) return std::nullopt;
    const Cache::Found found = cache_->find(key_);
    std::optional<native::Image> image;
    if (found.bytes) image = native::image_from_bytes(*found.bytes);
    why_ = image ? "cache hit" : "cache miss: " + (found.bytes ? "damaged" : found.why);
    done("cache");
    return image;
  }

  Result<native::Image> compile() {
    const Result<const native::Compiler*> found = compiler();
    if (!found) return std::unexpected(found.error());
    done("load compiler");
    Result<native::Image> image = (*found)->compile(program_, {}, options_);
    done("compile");
    if (!image || !cache_) return image;
    const Result<void> kept = cache_->keep(key_, native::to_bytes(*image));
    why_ += kept ? "; kept now" : "; not kept: " + kept.error().message;
    done("keep");
    return image;
  }

  // Keeps what another thread compiles.
  std::function<void(const native::Image&)> keeper() const {
    if (!cache_) return {};
    return [cache = *cache_, key = key_](const native::Image& image) {
      // What cannot be kept is compiled again next time.
      static_cast<void>(cache.keep(key, native::to_bytes(image)));
    };
  }

  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  void done(std::string stage) {
    if (stages_ != nullptr) stages_->done(std::move(stage));
  }

  const ir::Program& program_;
  const native::CompileOptions& options_;
  Stages* stages_;
  std::optional<Cache> cache_;
  Hash key_;
  std::string why_;
};

}  // namespace

Result<ChosenEngine> choose_engine(const EngineSettings& settings,
                                   const std::shared_ptr<const ir::Program>& program,
                                   const EngineOptions& options, Listings& listings,
                                   Stages* stages) {
  if (settings.choice == EngineChoice::Interp || options.observer != nullptr) {
    return ChosenEngine{make_interpreter(*program, options), "interp", {}};
  }
  if (settings.choice == EngineChoice::Opencl) {
    return choose_opencl(settings, *program, options, stages);
  }
  if (settings.choice == EngineChoice::Cuda) {
    return choose_cuda(settings, *program, options, stages);
  }
  std::optional<native::Symbols> names;
  if (settings.profile) names = symbols(*program, listings, true);
  const native::CompileOptions compile_options{options.limits.fuel.has_value(),
                                               names ? &*names : nullptr};
  Compilation compilation(settings, *program, compile_options, stages);
  std::optional<native::Image> image = compilation.find();
  if (!image && settings.choice == EngineChoice::Auto && !settings.profile) {
    AutoOptions how;
    how.compiler = compiler;
    how.keep = compilation.keeper();
    std::unique_ptr<AutoEngine> engine = make_auto(program, options, std::move(how));
    const AutoEngine& tiers = *engine;
    return ChosenEngine{std::move(engine), "auto", compilation.why(),
                        [&tiers] { return tiers.story(); }};
  }
  if (!image) {
    Result<native::Image> compiled = compilation.compile();
    if (!compiled) return std::unexpected(compiled.error());
    image = std::move(*compiled);
  }
  Result<native::Mapping> code = native::Mapping::map(*image);
  // Nobody asked for compiled code: where it cannot have its stack, the interpreter may.
  if (settings.choice == EngineChoice::Auto && !settings.profile &&
      (!code || !Region::reserve(code->stack_bytes(options.limits.max_depth)))) {
    return ChosenEngine{make_interpreter(*program, options), "interp",
                        compilation.why() + "; too little memory for it"};
  }
  if (!code) return std::unexpected(code.error());
  // perf wants its map there and nowhere else.
  if (names) native::announce(*image, *code, names->names, names->file, "/tmp");
  return ChosenEngine{make_native(*program, options, std::move(*code)), "jit", compilation.why()};
}

}  // namespace rosetta
