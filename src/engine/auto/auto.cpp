// A run begins in the interpreter. When it has taken a while, it is asked where it is: its next
// call or jump backwards answers with its stack, and a thread starts to compile the outermost loop
// or recursion found there. When that is ready the interpreter's code is overwritten at the loop's
// jumps backwards, or at the function's first word, with an instruction that goes on in compiled
// code. That is done again while the interpreter still answers; once it does not, since compiled
// code runs, or has nothing new to say, the whole program is compiled, for the next run. A short
// run pays for a timer and nothing else.
//
// Where there are many tasks, the whole program is compiled first, and runs from then on in an
// engine of compiled code: results are the same bit for bit, so that each task may run in either.
#include "engine/auto/auto.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "engine/auto/alarm.h"
#include "engine/auto/spots.h"
#include "engine/interp/interpreter.h"
#include "engine/native/entrance.h"
#include "engine/native/native.h"

namespace rosetta {
namespace {

using native::Start;

constexpr std::size_t kMostFrames = 64;  // that are looked at
// Beyond this much code compiling takes long, and longer still for one function; nobody asked for
// it.
constexpr std::size_t kMostInstructions = 200'000;
constexpr std::size_t kMostInOneFunction = 5'000;
constexpr auto kFirstPause = std::chrono::milliseconds(1);
constexpr auto kLongestPause = std::chrono::milliseconds(64);
// The interpreter that does not answer for so long is in compiled code.
constexpr auto kNoAnswer = std::chrono::milliseconds(5);

class Auto;

// What the engine and its compiling thread share. The thread may outlive the engine.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  Auto* engine = nullptr;  // null when it is gone
  bool many = false;       // tasks
  bool asking = true;
  std::vector<interp::Code::Place> answer;
  std::string story = "interpreted";
  std::string whole;  // what became of code for whole tasks; nothing yet where it is empty
};

// Compiled code at a word of the interpreter's.
struct Taken {
  const interp::Word* at;
  const native::Mapping* code;
  std::uint32_t function;
  std::uint32_t from;
};

class Auto final : public AutoEngine, private interp::Takeover {
 public:
  Auto(std::shared_ptr<const ir::Program> program, const EngineOptions& options, AutoOptions how)
      : program_(std::move(program)),
        options_(options),
        how_(std::move(how)),
        interpreter_(*program_, options, this),
        entrances_(*program_, options.output),
        shared_(std::make_shared<Shared>()) {
    shared_->engine = this;
  }
  ~Auto() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->engine = nullptr;
    shared_->changed.notify_all();
  }

  Result<Outcome> run(const Tasks& tasks) override;
  void interrupt() noexcept override;
  bool interrupted() const noexcept override { return interrupted_.load(); }
  std::string story() const override {
    const std::lock_guard lock(shared_->mutex);
    return shared_->whole.empty() ? shared_->story : shared_->story + "; " + shared_->whole;
  }

  // Of the compiling thread, under the lock.
  void ask() { interpreter_.ask(); }
  void stop_asking() { interpreter_.stop_asking(); }
  std::vector<Latch> latches(const Start& loop) const {
    return rosetta::latches(*program_, interpreter_.code(), loop);
  }
  bool install(const Start& start, const std::vector<Latch>& at, const native::Image& image);
  void install_whole(const Result<native::Image>& image);

 private:
  Result<Outcome> interpret(const Tasks& tasks);
  void count(const Tasks& tasks);
  std::chrono::nanoseconds patience_left();
  static void on_alarm(void* self) noexcept;
  void start_worker();
  void compile_eagerly();
  void asked(const interp::Word* pc, const Cell* fp) noexcept override;
  Resumed loop(const interp::Word* pc, Cell* fp, interp::Context* context, std::uint64_t depth,
               std::uint64_t fuel) noexcept override;
  Resumed function(const interp::Word* pc, Cell* fp, interp::Context* context, std::uint64_t depth,
                   std::uint64_t fuel) noexcept override;
  TrapReport report(std::uint64_t task, const interp::Context& context) override;
  void finished(interp::Context& context) noexcept override;

  static const interp::Word* link(const ir::Function& function, const Cell* fp);
  native::Entrance& entrance(interp::Context& context);
  const Taken& taken(const interp::Word* pc) const;
  // Runs compiled code; whether it returned. Otherwise the task has ended.
  bool enter(const Taken& taken, interp::Context& context, const native::Arguments& arguments,
             std::uint64_t& fuel, std::uint64_t& result);

  using Table = std::vector<Taken>;  // by word

  const std::shared_ptr<const ir::Program> program_;
  const EngineOptions options_;
  const AutoOptions how_;
  interp::Interpreter interpreter_;
  native::Entrances entrances_;
  std::shared_ptr<Shared> shared_;
  std::atomic<bool> interrupted_ = false;
  std::atomic<bool> started_ = false;    // the compiling thread
  std::atomic<std::int64_t> begun_ = 0;  // the first run, in nanoseconds of the steady clock
  std::atomic<bool> due_ = false;        // it has taken long enough
  std::atomic<bool> ran_ = false;
  std::atomic<bool> many_ = false;  // tasks
  std::once_flag eagerly_;
  // Whole tasks, compiled, once there is code for them.
  std::unique_ptr<Engine> native_;
  std::atomic<Engine*> whole_ = nullptr;
  // Tables are never changed: a thread may be looking into one.
  std::vector<std::unique_ptr<const Table>> tables_;
  std::atomic<const Table*> table_ = nullptr;
  std::vector<std::unique_ptr<const native::Mapping>> mappings_;
};

// The compiling thread.
class Worker {
 public:
  Worker(std::shared_ptr<Shared> shared, std::shared_ptr<const ir::Program> program, bool fuel,
         AutoOptions how)
      : shared_(std::move(shared)),
        program_(std::move(program)),
        how_(std::move(how)),
        options_{fuel, nullptr},
        asked_on_(sched_getcpu()) {}

  void work();

 private:
  using Lock = std::unique_lock<std::mutex>;
  // Whoever waits looks at these again.
  [[nodiscard]] bool gone() const { return shared_->engine == nullptr; }
  [[nodiscard]] bool wants_whole() const { return shared_->many && !installed_; }
  void ask(Lock& lock);
  std::optional<Start> next_spot(Lock& lock);
  bool compile(Lock& lock, Start spot);
  void compile_whole(Lock& lock);
  void keep_whole(Lock& lock);

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<const ir::Program> program_;
  AutoOptions how_;
  native::CompileOptions options_;
  const native::Compiler* compiler_ = nullptr;
  int asked_on_;  // the processor of whoever made this
  std::vector<bool> goes_round_;
  std::vector<Start> taken_;
  std::optional<Result<native::Image>> whole_;  // once it was compiled, or could not be
  bool installed_ = false;                      // tried to, at least
};

// Returns when there is an answer, or something else to do.
void Worker::ask(Lock& lock) {
  shared_->asking = true;
  shared_->engine->ask();
  const auto answered = [this] { return gone() || !shared_->asking || wants_whole(); };
  if (!shared_->changed.wait_for(lock, kNoAnswer, answered)) keep_whole(lock);
  shared_->changed.wait(lock, answered);
}

// First for the tasks that wait, then for the next run.
void Worker::compile_whole(Lock& lock) {
  const bool fresh = !whole_;
  if (fresh) {
    lock.unlock();
    whole_ = compiler_->compile(*program_, {}, options_);
    lock.lock();
  }
  if (!gone() && wants_whole()) {
    installed_ = true;
    shared_->engine->install_whole(*whole_);
  }
  if (!fresh || !*whole_ || !how_.keep) return;
  lock.unlock();
  how_.keep(**whole_);
  lock.lock();
}

void Worker::keep_whole(Lock& lock) {
  if (how_.keep && !whole_) compile_whole(lock);
}

// Where a loop is entered is written into its `from`, without repetitions.
void enter_from(Start& loop, const std::vector<Latch>& latches) {
  for (const Latch& latch : latches) {
    if (std::ranges::find(loop.from, latch.from) == loop.from.end()) {
      loop.from.push_back(latch.from);
    }
  }
}

bool Worker::compile(Lock& lock, Start spot) {
  if (gone()) return false;
  taken_.push_back(spot);
  std::vector<Latch> at;
  if (spot.kind == Start::Kind::Loop) {
    at = shared_->engine->latches(spot);
    if (at.empty()) return true;
    enter_from(spot, at);
  }
  lock.unlock();
  const Result<native::Image> image = compiler_->compile(*program_, spot, options_);
  lock.lock();
  if (gone()) return false;
  if (!image) {
    shared_->story = "interpreted: " + image.error().message;
    return false;
  }
  return shared_->engine->install(spot, at, *image);
}

// The system may have put this thread where the interpreter runs, and would take a while to see
// that they could both run: it is to begin on another processor.
void leave_processor(int other) {
  cpu_set_t all;
  CPU_ZERO(&all);
  if (other < 0 || sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2) return;
  cpu_set_t others = all;
  CPU_CLR(static_cast<std::size_t>(other), &others);
  sched_setaffinity(0, sizeof others, &others);
  sched_setaffinity(0, sizeof all, &all);
}

void Worker::work() {
  leave_processor(asked_on_);
  std::size_t instructions = 0;
  std::size_t most = 0;
  for (const ir::Function& each : program_->functions) {
    instructions += each.code.size();
    most = std::max(most, each.code.size());
  }
  const bool too_much = instructions > kMostInstructions || most > kMostInOneFunction;
  const Result<const native::Compiler*> compiler =
      too_much ? std::unexpected(Error{Fault::Machine, "too much code to compile unasked"})
               : how_.compiler();
  Lock lock(shared_->mutex);
  if (gone()) return;
  if (!compiler) {
    shared_->story = "interpreted: " + compiler.error().message;
    return;
  }
  compiler_ = *compiler;
  goes_round_ = tail_cycles(*program_);
  std::chrono::microseconds time = kFirstPause;
  // The answer that it was started with is the first, where there is one.
  while (!gone()) {
    if (wants_whole()) compile_whole(lock);
    if (!gone() && !shared_->asking) {
      if (const auto spot = next_spot(lock)) {
        if (!compile(lock, *spot)) return;
      } else if (time == kLongestPause) {
        keep_whole(lock);  // it may take long where it is
      } else {
        time = std::min<std::chrono::microseconds>(2 * time, kLongestPause);
      }
    }
    shared_->changed.wait_for(lock, time, [this] { return gone() || wants_whole(); });
    if (!gone() && !wants_whole()) ask(lock);
  }
}

// What the answer says to compile. The program may be large, and threads that are asked wait for
// the lock.
std::optional<Start> Worker::next_spot(Lock& lock) {
  const std::vector<interp::Code::Place> answer = shared_->answer;
  lock.unlock();
  const std::optional<Start> spot = find_spot(*program_, goes_round_, answer, taken_);
  lock.lock();
  return spot;
}

void Auto::compile_eagerly() {
  const Result<const native::Compiler*> compiler = how_.compiler();
  for (Start& spot : all_spots(*program_)) {
    if (!compiler || !how_.eagerly(spot)) continue;
    std::vector<Latch> at;
    if (spot.kind == Start::Kind::Loop) at = latches(spot);
    if (spot.kind == Start::Kind::Loop && at.empty()) continue;
    enter_from(spot, at);
    const Result<native::Image> image =
        (*compiler)->compile(*program_, spot, {options_.limits.fuel.has_value(), nullptr});
    if (image) install(spot, at, *image);
  }
}

void Auto::interrupt() noexcept {
  interrupted_.store(true);
  interpreter_.interrupt();
  entrances_.interrupt();
  // Whoever interrupts sets the flag first and looks for the engine then.
  if (Engine* const whole = whole_.load()) whole->interrupt();
}

// How long the runs may still take without anything being compiled.
std::chrono::nanoseconds Auto::patience_left() {
  const std::int64_t now =
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  std::int64_t begun = 0;
  if (begun_.compare_exchange_strong(begun, now)) begun = now;
  return how_.patience - std::chrono::nanoseconds(now - begun);
}

// Another run is another task.
void Auto::count(const Tasks& tasks) {
  if (many_.load(std::memory_order_relaxed)) return;
  if (!ran_.exchange(true) && tasks.last - tasks.first <= 1) return;
  const std::lock_guard lock(shared_->mutex);
  many_.store(true);
  shared_->many = true;
  shared_->changed.notify_all();
}

// In a signal handler. Who is not asked at a call or a jump is at the end of a task.
void Auto::on_alarm(void* self) noexcept {
  auto* const mine = static_cast<Auto*>(self);
  if (mine->started_.load()) return;
  mine->due_.store(true);
  mine->interpreter_.ask();
  mine->interpreter_.end_turn();
}

void add(Outcome& sum, Outcome part) {
  sum.trapped += part.trapped;
  if (!sum.trap) sum.trap = std::move(part.trap);
}

Result<Outcome> Auto::run(const Tasks& tasks) {
  if (how_.eagerly) {
    std::call_once(eagerly_, [this] { compile_eagerly(); });
    return interpreter_.run(tasks);
  }
  if (Engine* const whole = whole_.load()) {
    // Without memory for its stack, on this thread, nothing has run yet.
    if (Result<Outcome> outcome = whole->run(tasks)) return outcome;
    return interpreter_.run(tasks);
  }
  count(tasks);
  if (started_.load()) return interpret(tasks);
  // Many short runs are as good as a long one.
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(patience_left());
  if (left.count() <= 0) due_.store(true);
  const Alarm alarm(std::max(left, std::chrono::microseconds(1)), on_alarm, this);
  return interpret(tasks);
}

// A turn of the interpreter ends when whole tasks have been compiled, or it is time to begin that.
Result<Outcome> Auto::interpret(const Tasks& tasks) {
  Outcome sum;
  Tasks rest = tasks;
  while (rest.first < rest.last) {
    const std::uint32_t turn = interpreter_.turn();
    if (Engine* const whole = whole_.load()) {
      Result<Outcome> outcome = whole->run(rest);
      if (!outcome) outcome = interpreter_.run(rest);
      if (!outcome) return outcome;
      add(sum, std::move(*outcome));
      return sum;
    }
    if (due_.load() && many_.load() && !started_.load()) {
      const std::lock_guard lock(shared_->mutex);
      start_worker();
    }
    std::uint64_t next = 0;
    Result<Outcome> outcome = interpreter_.run(rest, turn, next);
    if (!outcome) return outcome;
    rest.first = next;
    add(sum, std::move(*outcome));
  }
  return sum;
}

// Under the lock.
void Auto::start_worker() {
  if (started_.exchange(true)) return;
  try {
    std::thread([worker =
                     Worker(shared_, program_, options_.limits.fuel.has_value(), how_)]() mutable {
      worker.work();
    }).detach();
  } catch (const std::system_error&) {
    shared_->story = "interpreted: no thread could be had for the compiler";
  }
}

void Auto::install_whole(const Result<native::Image>& image) {
  Result<native::Mapping> mapping =
      image ? native::Mapping::map(*image) : std::unexpected(image.error());
  const bool fits = mapping && Region::reserve(mapping->stack_bytes(options_.limits.max_depth));
  if (!fits) {
    shared_->whole = "whole tasks are not compiled: " +
                     (mapping ? "too little memory for the call depth" : mapping.error().message);
    return;
  }
  native_ = make_native(*program_, options_, std::move(*mapping));
  whole_.store(native_.get());
  if (interrupted_.load()) native_->interrupt();
  interpreter_.end_turn();
  shared_->whole = "whole tasks are compiled";
}

bool Auto::install(const Start& start, const std::vector<Latch>& at, const native::Image& image) {
  Result<native::Mapping> mapping = native::Mapping::map(image);
  // Where the machine has not the memory for so deep a stack, the interpreter may still have it.
  const bool fits = mapping && Region::reserve(mapping->stack_bytes(options_.limits.max_depth));
  if (!fits) {
    shared_->story = mapping ? "interpreted: too little memory for the call depth"
                             : "interpreted: " + mapping.error().message;
    return false;
  }
  mappings_.push_back(std::make_unique<const native::Mapping>(std::move(*mapping)));
  const native::Mapping* const code = mappings_.back().get();
  const interp::Code& words = interpreter_.code();
  Table table = table_.load() == nullptr ? Table() : *table_.load();
  std::vector<const interp::Word*> fresh;
  if (start.kind == Start::Kind::Function) {
    const interp::Word* const first = words.words.data() + words.begin[start.function];
    fresh.push_back(first);
    table.push_back({first, code, start.function, 0});
  }
  for (const Latch& latch : at) {
    fresh.push_back(words.words.data() + latch.at);
    table.push_back({fresh.back(), code, start.function, latch.from});
  }
  std::ranges::sort(table, {}, &Taken::at);
  // A function may begin with a loop's jump: a word is one or the other, whichever came first.
  const bool twice = std::ranges::adjacent_find(table, {}, &Taken::at) != table.end();
  if (twice) return true;
  tables_.push_back(std::make_unique<const Table>(std::move(table)));
  table_.store(tables_.back().get());
  for (const interp::Word* const word : fresh) {
    interpreter_.take_over(word, start.kind == Start::Kind::Function);
  }
  shared_->story = fmt::format("interpreted first, then compiled: {} piece{}", mappings_.size(),
                               mappings_.size() == 1 ? "" : "s");
  return true;
}

void Auto::asked(const interp::Word* pc, const Cell* fp) noexcept {
  const std::lock_guard lock(shared_->mutex);
  // Whoever comes second finds the usual words again, too.
  interpreter_.stop_asking();
  if (!shared_->asking) return;
  shared_->asking = false;
  shared_->answer = interpreter_.frames(pc, fp, kMostFrames);
  shared_->changed.notify_all();
  start_worker();
}

const Taken& Auto::taken(const interp::Word* pc) const {
  // The word was overwritten when the table had it; that this thread saw the word before the table
  // is only a matter of time.
  for (;;) {
    const Table& table = *table_.load();
    const auto found = std::ranges::lower_bound(table, pc, {}, &Taken::at);
    if (found != table.end() && found->at == pc) return *found;
  }
}

native::Entrance& Auto::entrance(interp::Context& context) {
  if (context.takeover_state == nullptr) context.takeover_state = &entrances_.take();
  return *static_cast<native::Entrance*>(context.takeover_state);
}

void Auto::finished(interp::Context& context) noexcept {
  if (context.takeover_state == nullptr) return;
  entrances_.give_back(entrance(context));
  context.takeover_state = nullptr;
}

bool Auto::enter(const Taken& taken, interp::Context& context, const native::Arguments& arguments,
                 std::uint64_t& fuel, std::uint64_t& result) {
  native::Entrance& entrance = this->entrance(context);
  native::Context& native = entrance.context();
  context.taken_over = true;
  context.pc = nullptr;
  if (const Result<void> ready = entrance.prepare(*taken.code, options_.limits.max_depth, 0);
      !ready) {
    context.failure = ready.error();
    context.trap = Trap::Interrupted;  // by that
    return false;
  }
  native.fuel = fuel;
  result = entrance.run(*taken.code, arguments);
  fuel = native.fuel;
  context.taken_over = native.ending != 0;
  if (native.ending == 0) return true;
  context.trap = native.ending == native::kHalted ? Trap::None : static_cast<Trap>(native.ending);
  context.results = entrance.results();
  return false;
}

// Where the frame returns to: its results may overwrite that.
const interp::Word* Auto::link(const ir::Function& function, const Cell* fp) {
  return reinterpret_cast<const interp::Word*>(fp[function.params.size()]);
}

Auto::Resumed Auto::loop(const interp::Word* pc, Cell* fp, interp::Context* context,
                         std::uint64_t depth, std::uint64_t fuel) noexcept {
  const Taken& mine = taken(pc);
  const ir::Function& function = program_->functions[mine.function];
  const interp::Word* const back = link(function, fp);
  std::uint64_t block = 0;
  if (!enter(mine, *context, {{reinterpret_cast<std::uint64_t>(fp), depth, mine.from}}, fuel,
             block)) {
    return {};
  }
  if (block == native::kReturned) return {back, fuel, function.weight, true};
  const interp::Code& code = interpreter_.code();
  const std::uint32_t first = function.blocks[block].begin;
  return {code.words.data() + code.offsets[mine.function][first], fuel, 0, false};
}

Auto::Resumed Auto::function(const interp::Word* pc, Cell* fp, interp::Context* context,
                             std::uint64_t depth, std::uint64_t fuel) noexcept {
  const Taken& mine = taken(pc);
  const ir::Function& function = program_->functions[mine.function];
  const interp::Word* const back = link(function, fp);
  std::uint64_t nothing = 0;
  if (!enter(mine, *context, {{reinterpret_cast<std::uint64_t>(fp), depth}}, fuel, nothing)) {
    return {};
  }
  return {back, fuel, function.weight, true};
}

TrapReport Auto::report(std::uint64_t task, const interp::Context& context) {
  return static_cast<native::Entrance*>(context.takeover_state)->report(task);
}

}  // namespace

std::unique_ptr<AutoEngine> make_auto(std::shared_ptr<const ir::Program> program,
                                      const EngineOptions& options, AutoOptions how) {
  return std::make_unique<Auto>(std::move(program), options, std::move(how));
}

}  // namespace rosetta
