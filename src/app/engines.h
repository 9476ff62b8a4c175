// The engines of this machine, and how the one that was asked for comes to run a program.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/options.h"
#include "app/program.h"
#include "engine/auto/auto.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "engine/native/compiler.h"

namespace rosetta {

// Where the compiler's library is: beside the program, in lib/rosettavm.
std::string compiler_path();

// Where compiled code is kept: rosettavm/code in the user's cache folder. Nothing where no folder
// is known.
std::optional<Cache> code_cache();

// An engine, and what `--stats` says of it.
struct ChosenEngine {
  std::unique_ptr<Engine> engine;
  std::string name;
  std::string code;  // where the compiled code came from; empty where there is none
  std::function<std::string()> story{};  // what became of it so far; null where nothing can
  std::string devices{};                 // their names, where it runs on such
};

// Where its code came from, and what became of it.
std::string code_text(const ChosenEngine& engine);

// The processors that this process may use.
unsigned all_threads();

// The compiler, loaded when it is first asked for. The error says what is missing.
Result<const native::Compiler*> compiler();

// The names of a program's functions for compiled code, and where asked for the lines.
native::Symbols symbols(const ir::Program& program, Listings& listings, bool lines);

// The program has to outlive the engine. `stages` may be null.
Result<ChosenEngine> choose_engine(const EngineSettings& settings,
                                   const std::shared_ptr<const ir::Program>& program,
                                   const EngineOptions& options, Listings& listings,
                                   Stages* stages);

}  // namespace rosetta
