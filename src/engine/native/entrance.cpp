#include "engine/native/entrance.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace rosetta::native {
namespace {

constexpr int kSignal = SIGURG;  // by default ignored, so that a late one does no harm
// Beyond the frames of compiled code: a signal's frame, and what prints for it.
constexpr std::uint64_t kHostBytes = 256 * 1024;

// What this thread is in; a signal handler reaches nothing but this.
thread_local Entrance::Shared* inside = nullptr;

extern "C" void rosetta_native_on_signal(int, siginfo_t*, void* machine_context) {
  Entrance::Shared* const shared = inside;
  if (shared == nullptr) return;
  Context& context = shared->context;
  if (__atomic_load_n(&context.interrupted, __ATOMIC_SEQ_CST) == 0) return;
  auto& machine = *static_cast<ucontext_t*>(machine_context);
  const std::uint64_t pc = program_counter(machine);
  if (!shared->code->has_code_at(pc) && !may_leave_at(pc)) {
    // Something of the host's: a way out, which looks at the flag on its way back; or a handler of
    // another signal, whose return brings this one again, but not before.
    sigaddset(&machine.uc_sigmask, kSignal);
    syscall(SYS_tgkill, getpid(), gettid(), kSignal);
    return;
  }
  context.ending = static_cast<std::uint64_t>(Trap::Interrupted);
  shared->left_at = pc;
  leave_from_signal(machine, context);
}

}  // namespace

Result<void> Entrance::prepare(const Mapping& code, std::uint64_t max_depth, std::uint64_t cells) {
  std::uint64_t bytes = 0;
  if (__builtin_add_overflow(code.stack_bytes(max_depth), kHostBytes + 2 * Image::kPage, &bytes)) {
    bytes = ~std::uint64_t{0};
  }
  bytes &= ~(Image::kPage - 1);
  if (!stack_ || stack_->size() < bytes) {
    Result<Region> region = Region::reserve(bytes);
    if (!region) return std::unexpected(region.error());
    // Nothing can get there; if something does, it must not go on.
    mprotect(region->begin(), Image::kPage, PROT_NONE);
    stack_.emplace(std::move(*region));
  }
  if (cells > 0 && (!cells_ || cells_->size() < cells * sizeof(Cell))) {
    Result<Region> region = Region::reserve(cells * sizeof(Cell));
    if (!region) return std::unexpected(region.error());
    cells_.emplace(std::move(*region));
    shared_.context.cells = reinterpret_cast<Cell*>(cells_->begin());
  }
  if (results_.size() < code.results()) results_.resize(code.results());
  shared_.context.results = results_.data();
  return {};
}

std::uint64_t Entrance::run(const Mapping& code, const Arguments& arguments) {
  shared_.context.ending = 0;
  shared_.left_at = 0;
  shared_.code = &code;
  inside = &shared_;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const std::uint64_t result =
      rosetta_native_enter(&shared_.context, stack_->end(), code.start(), &arguments);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  inside = nullptr;
  return result;
}

Frame Entrance::place() const {
  const Context& context = shared_.context;
  if (context.ending == static_cast<std::uint64_t>(Trap::Interrupted)) {
    return {shared_.code->function_at(shared_.left_at).value_or(0), Frame::kUnknownInstruction};
  }
  return {static_cast<std::uint32_t>(context.place >> 32),
          static_cast<std::uint32_t>(context.place)};
}

TrapReport Entrance::report(std::uint64_t task) const {
  TrapReport report;
  report.task = task;
  report.trap = static_cast<Trap>(shared_.context.ending);
  report.place = place();
  return report;
}

Entrances::Entrances(const ir::Program& program, Output* output)
    : program_(program), output_(output) {
  struct sigaction action {};
  action.sa_sigaction = rosetta_native_on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigaction(kSignal, &action, nullptr);
}

Entrances::~Entrances() {
  for (Entrance* each = first_.load(); each != nullptr;) delete std::exchange(each, each->next_);
}

Entrance& Entrances::take() {
  static thread_local const pid_t thread = gettid();  // the system takes its time for that
  Entrance* mine = first_.load();
  for (; mine != nullptr; mine = mine->next_) {
    pid_t nobody = 0;
    if (mine->thread_.compare_exchange_strong(nobody, thread)) break;
  }
  if (mine == nullptr) {
    mine = new Entrance;
    set_ways_out(mine->shared_.context);
    mine->shared_.program = &program_;
    mine->shared_.output = output_;
    mine->thread_.store(thread);
    mine->next_ = first_.load();
    while (!first_.compare_exchange_weak(mine->next_, mine)) {
    }
  }
  // Whoever interrupts sets his flag first and goes through the list then.
  if (interrupted()) __atomic_store_n(&mine->shared_.context.interrupted, 1, __ATOMIC_SEQ_CST);
  return *mine;
}

void Entrances::give_back(Entrance& entrance) {
  entrance.thread_.store(0);
  if (!interrupted()) return;
  // The handler may have put it off.
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, kSignal);
  pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
}

void Entrances::interrupt() noexcept {
  interrupted_.store(true);
  for (Entrance* each = first_.load(); each != nullptr; each = each->next_) {
    __atomic_store_n(&each->shared_.context.interrupted, 1, __ATOMIC_SEQ_CST);
    const pid_t thread = each->thread_.load();
    if (thread != 0) syscall(SYS_tgkill, getpid(), thread, kSignal);
  }
}

namespace {

Entrance::Shared& called_out(Context* context, std::uint64_t back) {
  auto& shared = *reinterpret_cast<Entrance::Shared*>(context);
  shared.left_at = back;  // should it be interrupted here
  return shared;
}

}  // namespace

// They return to compiled code, so nothing may be thrown.
extern "C" void rosetta_native_print(std::uint64_t cell, std::uint64_t type, Context* context,
                                     std::uint64_t back) {
  const Entrance::Shared& shared = called_out(context, back);
  if (shared.output != nullptr) shared.output->value(cell, static_cast<Type>(type));
}

extern "C" void rosetta_native_print_text(std::uint64_t function, std::uint64_t text,
                                          Context* context, std::uint64_t back) {
  const Entrance::Shared& shared = called_out(context, back);
  if (shared.output == nullptr) return;
  shared.output->text(shared.program->functions[function].texts[text]);
}

}  // namespace rosetta::native
