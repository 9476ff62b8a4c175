// The interpreter with what another engine needs to take over from it; for others see interp.h.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/interp/encode.h"
#include "engine/interp/takeover.h"
#include "engine/region.h"

namespace rosetta::interp {

class Interpreter final : public Engine {
 public:
  // The program and the takeover have to outlive it.
  Interpreter(const ir::Program& program, const EngineOptions& options,
              Takeover* takeover = nullptr);

  Result<Outcome> run(const Tasks& tasks) override;
  void interrupt() noexcept override;
  bool interrupted() const noexcept override { return interrupted_.load(); }

  // As run(), but where the turn is not `turn` any more it ends between two tasks. `next` is set to
  // the first task that did not run.
  Result<Outcome> run(const Tasks& tasks, std::optional<std::uint32_t> turn, std::uint64_t& next);
  [[nodiscard]] std::uint32_t turn() const noexcept { return turn_.load(); }
  // Begins another turn. May be called from any thread and from a signal handler.
  void end_turn() noexcept { turn_.fetch_add(1); }

  [[nodiscard]] const Code& code() const { return code_; }
  // The active frames, the innermost first, at most so many: of a caller, the call that it is at.
  [[nodiscard]] std::vector<Code::Place> frames(const Word* pc, const Cell* fp,
                                                std::size_t most) const;

  // The next event is given to Takeover::asked, which calls stop_asking(). These three may be
  // called by one thread at a time, while others run; ask(), from a signal handler too.
  void ask() noexcept;
  void stop_asking();
  // From now on Takeover::function or ::loop is called at this word.
  void take_over(const Word* at, bool function);

 private:
  [[nodiscard]] std::uint64_t frame_bytes() const;
  // Memory for frames, kept from run to run: one for each thread that runs at a time.
  Result<Region> take_stack();
  void give_back(Region stack);
  void task(std::uint64_t index, const Tasks& tasks, Context& context, std::uint64_t depth,
            std::uint64_t fuel) const;
  [[nodiscard]] TrapReport report(std::uint64_t task, const Context& context) const;
  [[nodiscard]] Frame frame(const Code::Place& place) const;
  [[nodiscard]] std::uint64_t uncounted(const Context& context) const;
  template <class Visit>
  void for_each_frame(const Word* pc, const Cell* fp, Visit visit) const;

  static Word handler(Handler* handler) { return reinterpret_cast<Word>(handler); }
  void overwrite(std::uint32_t at, Word word) noexcept {
    __atomic_store_n(&code_.words[at], word, __ATOMIC_SEQ_CST);
  }
  // What stands at an event when nobody asks.
  [[nodiscard]] Word usual(std::size_t event) const noexcept {
    return __atomic_load_n(&usual_[event], __ATOMIC_SEQ_CST);
  }
  void set(std::size_t event, Word word) noexcept;

  const ir::Program& program_;
  const EngineOptions options_;
  Code code_;
  const std::uint64_t frame_bytes_;
  const std::uint64_t stack_bytes_;  // of explicit stacks, behind the frames
  std::mutex mutex_;                 // of stacks_
  std::vector<Region> stacks_;       // that no run has
  std::atomic<bool> interrupted_ = false;
  std::atomic<std::uint32_t> turn_ = 0;
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  Takeover* takeover_;
  std::vector<Word> usual_;  // by event; only with a takeover. A signal handler may be reading
};

}  // namespace rosetta::interp
