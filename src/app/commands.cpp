#include "app/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>

#include "text/value.h"

namespace rosetta {
namespace {

// A number as the language writes it: 1_000_000, 0xff.
void add_count(CLI::App& app, const std::string& option, const std::string& about,
               std::function<void(std::uint64_t)> use) {
  const auto read = [option, use](const std::string& text) {
    const auto literal = read_literal(unmarked(text));
    if (!literal || literal->types != kIntegers || literal->negative) {
      throw CLI::ValidationError(
          fmt::format("{} needs a number from 0 to 2^64-1, not `{}`", option, unmarked(text)));
    }
    use(literal->bits);
  };
  app.add_option_function<std::string>(option, read, about)->option_text("N");
}

// Functions of the store.
void add_targets(CLI::App& app, std::vector<std::string>& targets) {
  app.add_option("FUNCTION", targets, "names in the store, or #HASH")->option_text(" ")->required();
}

double read_seconds(const std::string& text) {
  constexpr double kMost = 1e9;
  const auto cell = read_value(text, Type::F64);
  const double seconds = cell ? std::bit_cast<double>(*cell) : -1;
  if (!(seconds >= 0 && seconds <= kMost)) {
    throw CLI::ValidationError(
        fmt::format("--timeout needs seconds from 0 to 1e9, not `{}`", text));
  }
  return seconds;
}

EngineChoice read_engine(const std::string& text) {
  if (text == "auto") return EngineChoice::Auto;
  if (text == "interp") return EngineChoice::Interp;
  if (text == "jit") return EngineChoice::Jit;
  if (text == "opencl") return EngineChoice::Opencl;
  if (text == "cuda") return EngineChoice::Cuda;
  throw CLI::ValidationError(
      fmt::format("--engine needs auto, interp, jit, opencl or cuda, not `{}`", text));
}

unsigned read_threads(std::uint64_t n) {
  constexpr std::uint64_t kMost = 1024;
  if (n >= 1 && n <= kMost) return static_cast<unsigned>(n);
  throw CLI::ValidationError(
      fmt::format("--threads needs a number from 1 to {}, not {}", kMost, n));
}

ReduceChoice read_reduce(const std::string& text) {
  if (text == "sum") return ReduceChoice::Sum;
  if (text == "min") return ReduceChoice::Min;
  if (text == "max") return ReduceChoice::Max;
  if (text == "count") return ReduceChoice::Count;
  if (text == "none") return ReduceChoice::None;
  throw CLI::ValidationError(
      fmt::format("--reduce needs sum, min, max, count or none, not `{}`", text));
}

EmitTo read_emit_to(const std::string& text) {
  if (text == "llvm") return EmitTo::Llvm;
  if (text == "asm") return EmitTo::Asm;
  if (text == "ptx") return EmitTo::Ptx;
  if (text == "c") return EmitTo::C;
  if (text == "cuda") return EmitTo::Cuda;
  if (text == "hip") return EmitTo::Hip;
  if (text == "opencl") return EmitTo::Opencl;
  throw CLI::ValidationError(
      fmt::format("--to needs c, cuda, hip, opencl, llvm, asm or ptx, not `{}`", text));
}

void add_engine(CLI::App& app, EngineSettings& engine) {
  app.add_option_function<std::string>(
         "--engine",
         [&engine](const std::string& text) { engine.choice = read_engine(unmarked(text)); },
         "interp interprets, jit compiles first, auto compiles what is worth it, opencl and "
         "cuda run on devices (auto)")
      ->option_text("ENGINE");
  app.add_option("--device", engine.devices,
                 "with opencl and cuda: the number of a device, or a part of its name; more than "
                 "once: all of these (the first GPU of opencl's, or else the first; all of cuda's)")
      ->allow_extra_args(false)
      ->option_text("N|NAME");
  app.add_flag_callback(
      "--no-cache", [&engine] { engine.cache = false; }, "neither take nor keep compiled code");
}

// What can be said of these options alone.
void check_engine(const EngineSettings& engine) {
  if (!engine.devices.empty() && !runs_on_devices(engine.choice)) {
    throw CLI::ValidationError("--device says where: it needs --engine opencl or cuda");
  }
}

void add_timeout(CLI::App& app, std::optional<double>& timeout) {
  app.add_option_function<std::string>(
         "--timeout",
         [&timeout](const std::string& text) { timeout = read_seconds(unmarked(text)); },
         "seconds, at most (no limit)")
      ->option_text("SECONDS");
}

constexpr Command kCommands[] = {
    {"run", "run a program's entry function and print its results",
     "  rosettavm run examples/factorial.rvm          3628800\n"
     "  rosettavm run examples/gcd.rvm 48 18          6 144\n"
     "  rosettavm run FILE --entry fib --fuel 1000    stop after 1000 calls and backward jumps\n"
     "  rosettavm run FILE --timeout 2 --stats        stop after 2 s; say where the time went\n"
     "  rosettavm run FILE --engine jit               compile first\n"
     "  rosettavm run FILE --engine opencl            on a GPU, or whatever OpenCL finds\n"
     "  rosettavm run FILE --engine cuda              on NVIDIA's, through their driver alone\n"
     "  rosettavm run gcd 48 18                       a function of the store, by name\n"
     "  rosettavm run '#87e22346' 48 18               or by its hash\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       RunOptions& run = settings.run;
       app.add_option("PROGRAM", run.program,
                      "a file, - for standard input, a name in the store, or #HASH")
           ->option_text(" ")
           ->required();
       app.add_option("ARG", run.arguments, "arguments of the entry function, as in the language")
           ->option_text(" ");
       app.add_option("--entry", run.entry, "the function of a file to run (main)")
           ->option_text("NAME");
       add_count(app, "--max-depth", "calls active at once, at most (1000000)",
                 [&run](std::uint64_t n) { run.max_depth = n; });
       add_count(app, "--fuel", "calls and backward jumps, at most (no limit)",
                 [&run](std::uint64_t n) { run.fuel = n; });
       add_timeout(app, run.timeout);
       app.add_flag("--trace", run.trace, "show every executed instruction on standard error");
       app.add_flag("--stats", run.stats,
                    "show the time of every stage, the engine and its code; with --engine interp "
                    "instructions and depth, too (counting slows a run)");
       app.add_flag("--memo", run.memo,
                    "take the results of this function on these arguments from the store, or put "
                    "them there");
       add_engine(app, run.engine);
       app.add_flag("--profile", run.engine.profile,
                    "give compiled code names and lines, for perf and gdb");
       return [&] {
         check_engine(settings.run.engine);
         if (settings.run.engine.profile && settings.run.engine.choice == EngineChoice::Interp) {
           throw CLI::ValidationError("--profile is of compiled code: not with --engine interp");
         }
         if (settings.run.engine.profile && runs_on_devices(settings.run.engine.choice)) {
           throw CLI::ValidationError(
               "--profile is of the processor: not with --engine opencl or cuda");
         }
         if (settings.run.engine.profile && settings.run.trace) {
           throw CLI::ValidationError("--profile is of compiled code, and --trace interprets");
         }
         if (settings.run.trace && settings.run.memo) {
           throw CLI::ValidationError("--trace shows what is executed: not with --memo");
         }
         if (settings.run.trace && settings.run.engine.choice == EngineChoice::Jit) {
           throw CLI::ValidationError("--trace interprets: not with --engine jit");
         }
         if (settings.run.trace && runs_on_devices(settings.run.engine.choice)) {
           throw CLI::ValidationError("--trace interprets: not with --engine opencl or cuda");
         }
         return rosetta::run(settings.run, settings.common);
       };
     }},
    {"par", "run a program, or a built-in kernel, on many tasks at once",
     "  rosettavm par examples/factorial.rvm --entry factorial 10 -n 1000000\n"
     "  rosettavm par FILE 0..1000                    a task for each value from 0 to 999\n"
     "  rosettavm par FILE 0.0..1.0 -n 1000           1000 values, evenly spread\n"
     "  rosettavm par FILE @index 5 -n 100            the task's number, and the same 5 for all\n"
     "  rosettavm par FILE @x.npy @table.csv:price    a task for each row\n"
     "  rosettavm par FILE 0..1000 --out y.npy        keep every result\n"
     "  rosettavm par FILE 0..1000 --out y.npy --resume   go on where that was stopped\n"
     "  rosettavm par fib 35                          a built-in kernel: how fast is this "
     "machine?\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       ParOptions& par = settings.par;
       app.add_option("PROGRAM", par.program,
                      "a file, - for standard input, a built-in kernel, a name in the store, or "
                      "#HASH")
           ->option_text(" ");
       app.add_option("ARG", par.arguments,
                      "for each parameter a literal, FIRST..END[:STEP] without END, @index, "
                      "@FILE.npy[:COLUMN] or @FILE.csv:COLUMN; none: an integer gets the index")
           ->option_text(" ");
       add_count(app, "-n,--tasks", "how many tasks (as many as the arguments have values)",
                 [&par](std::uint64_t n) { par.tasks = n; });
       app.add_option("--entry", par.entry, "the function of a file to run (main)")
           ->option_text("NAME");
       app.add_option_function<std::string>(
              "--reduce",
              [&par](const std::string& text) { par.reduce = read_reduce(unmarked(text)); },
              "sum, min, max, count or none: what is printed of all results (sum)")
           ->option_text("HOW");
       app.add_option("--out", par.out,
                      "keep every result and status, in the tasks' order: .npy, .csv or .jsonl")
           ->option_text("FILE");
       app.add_flag("--resume", par.resume, "go on where the results in the --out file end");
       app.add_flag("--fail-fast", par.fail_fast, "stop behind the first task that traps");
       app.add_flag("--memo", par.memo,
                    "take results of this function on equal arguments from the store, and put "
                    "those there that are new");
       add_count(app, "--threads", "use so many, at most 1024 (as there are processors)",
                 [&par](std::uint64_t n) { par.threads = read_threads(n); });
       add_count(app, "--max-depth", "calls active at once in a task, at most (1000000)",
                 [&par](std::uint64_t n) { par.max_depth = n; });
       add_count(app, "--fuel", "calls and backward jumps of a task, at most (no limit)",
                 [&par](std::uint64_t n) { par.fuel = n; });
       add_timeout(app, par.timeout);
       app.add_flag("--stats", par.stats,
                    "show the time of every stage, the engine, and tasks a second");
       app.add_flag("--list", par.list, "list the built-in kernels");
       add_engine(app, par.engine);
       return [&] {
         check_engine(settings.par.engine);
         if (settings.par.program.empty() && !settings.par.list) {
           throw CLI::RequiredError("PROGRAM");
         }
         if (!settings.par.program.empty() && settings.par.list) {
           throw CLI::ValidationError("--list lists the built-in kernels, and runs nothing");
         }
         if (settings.par.resume && !settings.par.out) {
           throw CLI::ValidationError("--resume goes on with a file of results: it needs --out");
         }
         return rosetta::run_many(settings.par, settings.common);
       };
     }},
    {"test", "run the check lines of files, on every engine of this machine",
     "  rosettavm test examples/factorial.rvm   run its check lines\n"
     "  rosettavm test --fresh FILE             and what passed before, too\n"
     "  rosettavm test                          the built-in cases: does this machine compute "
     "right?\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.test.files, "programs; none: the built-in cases")
           ->option_text(" ");
       app.add_flag("--fresh", settings.test.fresh, "run what passed before, too");
       return [&] { return rosetta::test(settings.test, settings.common); };
     }},
    {"hash", "print the hashes of a program's functions, or BLAKE3 digests of other files",
     "  rosettavm hash examples/gcd.rvm         a line HASH  NAME for each function\n"
     "  rosettavm hash data.bin                 the digest that b3sum prints\n"
     "  rosettavm hash --text 'hello'\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("INPUT", settings.hash.files,
                      "programs (.rvm); other files, or - for standard input")
           ->option_text(" ");
       app.add_option("--text", settings.hash.texts, "a text, without a line's end")
           ->allow_extra_args(false);
       return [&] {
         if (settings.hash.files.empty() && settings.hash.texts.empty()) {
           throw CLI::RequiredError("INPUT or --text");
         }
         return rosetta::hash(settings.hash, settings.common);
       };
     }},
    {"show", "print functions as readable assembly, with the types that were inferred",
     "  rosettavm show examples/gcd.rvm\n"
     "  rosettavm show --exact FILE             every opcode by its exact name\n"
     "  rosettavm show gcd                      a function of the store\n"
     "  rosettavm show --all gcd                with all that it needs: a whole program\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("PROGRAM", settings.show.programs,
                      "files, - for standard input, names in the store, or #HASH")
           ->option_text(" ")
           ->required();
       app.add_flag("--exact", settings.show.exact, "exact mnemonics and types throughout");
       app.add_flag("--all", settings.show.all, "a stored function with all that it needs");
       return [&] { return rosetta::show(settings.show, settings.common); };
     }},
    {"fmt", "print a program's text in the house layout",
     "  rosettavm fmt FILE\n"
     "  rosettavm fmt --write *.rvm             in place\n"
     "  rosettavm fmt --check *.rvm             exit status 1 if one is not formatted\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.fmt.files, "programs, or - for standard input")
           ->option_text(" ")
           ->required();
       CLI::Option* const write = app.add_flag("--write", settings.fmt.write, "replace the files");
       app.add_flag("--check", settings.fmt.check, "print nothing but the files that would change")
           ->excludes(write);
       return [&] {
         if (settings.fmt.write &&
             std::ranges::find(settings.fmt.files, "-") != settings.fmt.files.end()) {
           throw CLI::ValidationError("--write needs files, and `-` is none");
         }
         return rosetta::fmt_files(settings.fmt, settings.common);
       };
     }},
    {"emit", "print what an engine compiles a program to, or its source for other compilers",
     "  rosettavm emit --to asm examples/gcd.rvm        machine code for this processor\n"
     "  rosettavm emit --to llvm FILE --entry fib       LLVM's code, optimised\n"
     "  rosettavm emit --to ptx FILE                    for NVIDIA's devices\n"
     "  rosettavm emit --to c FILE -o f.c               a C program: cc -O2 -o f f.c -lm\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       EmitOptions& emit = settings.emit;
       app.add_option("PROGRAM", emit.program,
                      "a file, - for standard input, a name in the store, or #HASH")
           ->option_text(" ")
           ->required();
       app.add_option_function<std::string>(
              "--to", [&emit](const std::string& text) { emit.to = read_emit_to(unmarked(text)); },
              "c, cuda, hip or opencl: source text; llvm, asm or ptx: what compiled code is")
           ->option_text("FORM")
           ->required();
       app.add_option("--entry", emit.entry, "the function of a file that runs (main)")
           ->option_text("NAME");
       app.add_flag(
           "--fuel", emit.fuel,
           "llvm and asm with counting of calls and backward jumps; others have it always");
       app.add_flag("--native-recursion", emit.native_recursion,
                    "c, cuda and hip that call themselves, without stacks of their own");
       app.add_option("-o,--output", emit.output, "the file to write; none, or -: standard output")
           ->option_text("FILE");
       return [&] {
         const bool source = emit.to != EmitTo::Llvm && emit.to != EmitTo::Asm;
         if (emit.fuel && source) {
           throw CLI::ValidationError("--fuel is of llvm and asm: all others count");
         }
         if (emit.native_recursion && !source) {
           throw CLI::ValidationError("--native-recursion is of c, cuda and hip");
         }
         return rosetta::emit(emit, settings.common);
       };
     }},
    {"cuda", "write a CUDA program that runs a function on many tasks",
     "  rosettavm cuda examples/collatz.rvm             collatz.cu\n"
     "  nvcc -o collatz collatz.cu && ./collatz 1000    needs nothing else; --help says more\n"
     "  rosettavm cuda FILE --entry fib -o -            to standard output\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       EmitOptions& emit = settings.emit;
       app.add_option("PROGRAM", emit.program,
                      "a file, - for standard input, a name in the store, or #HASH")
           ->option_text(" ")
           ->required();
       app.add_option("--entry", emit.entry, "the function of a file that runs (main)")
           ->option_text("NAME");
       app.add_flag("--native-recursion", emit.native_recursion,
                    "functions that call themselves, without stacks of their own");
       app.add_option("-o,--output", emit.output,
                      "the file to write (PROGRAM.cu), or - for standard output")
           ->option_text("FILE");
       return [&] { return rosetta::cuda(emit, settings.common); };
     }},
    {"store", "keep functions by their hashes, and names for them", "", nullptr},
    {"store add", "put the functions of files into the store, and name them",
     "  rosettavm store add examples/gcd.rvm\n"
     "  rosettavm store add --update FILE       and make anew what calls what FILE replaces\n"
     "  rosettavm store add --dry-run FILE      say what would happen\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.store_add.files, "programs, or - for standard input")
           ->option_text(" ")
           ->required();
       app.add_flag("--update", settings.store_add.update,
                    "make what calls replaced functions anew, so that it calls the new ones");
       app.add_flag("--dry-run", settings.store_add.dry_run, "change nothing");
       return [&] { return rosetta::store_add(settings.store_add, settings.common); };
     }},
    {"store names", "list the names and what they mean",
     "  rosettavm store names\n"
     "  rosettavm store names math.             those that begin so\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("PREFIX", settings.store_names.prefix, "how they begin")->option_text(" ");
       return [&] { return rosetta::store_names(settings.store_names, settings.common); };
     }},
    {"store show", "print functions as they were written",
     "  rosettavm store show gcd\n"
     "  rosettavm store show '#87e22346'\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       add_targets(app, settings.store_target.targets);
       return [&] { return rosetta::store_show(settings.store_target, settings.common); };
     }},
    {"store deps", "list what functions call",
     "  rosettavm store deps main\n"
     "  rosettavm store deps --all main         and what that calls, and so on\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       add_targets(app, settings.store_target.targets);
       app.add_flag("--all", settings.store_target.all, "those that are called in turn, too");
       return [&] { return rosetta::store_deps(settings.store_target, settings.common); };
     }},
    {"store dependents", "list who calls functions",
     "  rosettavm store dependents gcd\n"
     "  rosettavm store dependents --all gcd    and who calls those, and so on\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       add_targets(app, settings.store_target.targets);
       app.add_flag("--all", settings.store_target.all, "their callers in turn, too");
       return [&] { return rosetta::store_dependents(settings.store_target, settings.common); };
     }},
    {"store diff", "compare two files, names or hashes; exit status 1 if they differ",
     "  rosettavm store diff old.rvm new.rvm\n"
     "  rosettavm store diff '#77aa12bc' gcd\n"
     "  rosettavm store diff gcd gcd.rvm        the store's against the file's\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("A", settings.store_diff.before, "a file, a name or #HASH")
           ->option_text(" ")
           ->required();
       app.add_option("B", settings.store_diff.after, "what to compare it with")
           ->option_text(" ")
           ->required();
       return [&] { return rosetta::store_diff(settings.store_diff, settings.common); };
     }},
    {"store rename", "give a function another name",
     "  rosettavm store rename gcd greatest\n"
     "  rosettavm store rename '#87e22346' gcd  a name for a function that has none\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FROM", settings.store_rename.from, "a name, or #HASH")
           ->option_text(" ")
           ->required();
       app.add_option("TO", settings.store_rename.to, "the new name")->option_text(" ")->required();
       return [&] { return rosetta::store_rename(settings.store_rename, settings.common); };
     }},
    {"store forget", "remove names; the code stays until gc", "  rosettavm store forget gcd\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("NAME", settings.store_target.targets, "names")->option_text(" ")->required();
       return [&] { return rosetta::store_forget(settings.store_target, settings.common); };
     }},
    {"store pin", "keep functions though no name reaches them; without any, list the pinned",
     "  rosettavm store pin '#87e22346'\n"
     "  rosettavm store pin --remove '#87e22346'\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       CLI::Option* const targets =
           app.add_option("FUNCTION", settings.store_target.targets, "names, or #HASH")
               ->option_text(" ");
       app.add_flag("--remove", settings.store_target.remove, "let go of them")->needs(targets);
       return [&] { return rosetta::store_pin(settings.store_target, settings.common); };
     }},
    {"store log", "show how names changed, newest first",
     "  rosettavm store log\n"
     "  rosettavm store log gcd                 of one name\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("NAME", settings.store_log.name, "a name")->option_text(" ");
       add_count(app, "--most", "show at most so many changes (20)",
                 [&settings](std::uint64_t n) { settings.store_log.most = n; });
       return [&] { return rosetta::store_log(settings.store_log, settings.common); };
     }},
    {"store undo", "take back a change of names: the newest, or the one with this number",
     "  rosettavm store undo\n"
     "  rosettavm store undo 3\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       add_count(app, "CHANGE", "a number that `store log` shows",
                 [&settings](std::uint64_t n) { settings.store_undo.change = n; });
       return [&] { return rosetta::store_undo(settings.store_undo, settings.common); };
     }},
    {"store verify", "check everything in the store against itself", "  rosettavm store verify\n",
     [](CLI::App&, Settings& settings) -> std::function<int()> {
       return [&] { return rosetta::store_verify(settings.common); };
     }},
    {"store gc", "remove what neither a name nor a pin reaches",
     "  rosettavm store gc --dry-run            say what would go\n"
     "  rosettavm store gc\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_flag("--dry-run", settings.store_gc.dry_run, "remove nothing");
       return [&] { return rosetta::store_gc(settings.store_gc, settings.common); };
     }},
    {"store export", "write functions and all that they need as one file",
     "  rosettavm store export gcd -o gcd.rvmx\n"
     "  rosettavm store export -o all.rvmx      what names and pins reach\n"
     "  rosettavm store export --object gcd | b3sum\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FUNCTION", settings.store_export.targets, "names, or #HASH")
           ->option_text(" ");
       app.add_option("-o,--output", settings.store_export.output,
                      "the file to write; none, or -: standard output")
           ->option_text("FILE");
       app.add_flag("--object", settings.store_export.object,
                    "the bytes of one object alone, whose digest is its hash");
       return [&] { return rosetta::store_export(settings.store_export, settings.common); };
     }},
    {"store import", "verify exported files and keep what is in them",
     "  rosettavm store import gcd.rvmx\n",
     [](CLI::App& app, Settings& settings) -> std::function<int()> {
       app.add_option("FILE", settings.store_import.files, "files that `export` wrote, or -")
           ->option_text(" ")
           ->required();
       return [&] { return rosetta::store_import(settings.store_import, settings.common); };
     }},
};

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

std::string unmarked(std::string text) {
  if (text.starts_with(kMark)) text.erase(0, 1);
  return text;
}

}  // namespace rosetta
