// The interpreter with what another engine needs to take over from it; for others see interp.h.
#pragma once

#include <atomic>
#include <vector>

#include "engine/interp/encode.h"
#include "engine/interp/takeover.h"

namespace rosetta::interp {

class Interpreter final : public Engine {
 public:
  // The program and the takeover have to outlive it.
  Interpreter(const ir::Program& program, const EngineOptions& options,
              Takeover* takeover = nullptr);

  Result<Outcome> run(const Tasks& tasks) override;
  void interrupt() noexcept override;

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
  [[nodiscard]] std::uint64_t stack_cells() const;
  void task(std::uint64_t index, const Tasks& tasks, Cell* base, Context& context) const;
  [[nodiscard]] TrapReport report(std::uint64_t task, const Tasks& tasks,
                                  const Context& context) const;
  [[nodiscard]] Frame frame(const Code::Place& place) const;
  [[nodiscard]] std::uint64_t uncounted(const Context& context) const;
  template <class Visit>
  void for_each_frame(const Word* pc, const Cell* fp, Visit visit) const;

  static Word handler(Handler* handler) { return reinterpret_cast<Word>(handler); }
  void overwrite(std::uint32_t at, Word word) noexcept {
    __atomic_store_n(&code_.words[at], word, __ATOMIC_SEQ_CST);
  }
  void set(std::size_t event, Word word) noexcept;

  const ir::Program& program_;
  const EngineOptions options_;
  Code code_;
  std::atomic<bool> interrupted_ = false;
  Takeover* takeover_;
  std::vector<Word> usual_;  // handlers at the events when nobody asks; only with a takeover
};

}  // namespace rosetta::interp
