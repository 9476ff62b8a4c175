#include "app/interrupt.h"

#include <sys/time.h>

#include <atomic>
#include <cmath>
#include <csignal>

namespace rosetta {
namespace {

// A signal handler reaches nothing but these.
std::atomic<Engine*> running = nullptr;
std::atomic<bool> stop_seen = false;
std::atomic<bool> came = false;  // any of the signals, to this guard
static_assert(std::atomic<Engine*>::is_always_lock_free);

extern "C" void rosetta_on_signal(int signal) {
  if (signal == SIGINT) stop_seen.store(true);
  came.store(true);
  if (Engine* const engine = running.load()) engine->interrupt();
}

void handle(int signal) {
  struct sigaction action{};
  action.sa_handler = rosetta_on_signal;
  action.sa_flags = SA_RESTART | (signal == SIGINT ? static_cast<int>(SA_RESETHAND) : 0);
  sigaction(signal, &action, nullptr);
}

void set_timer(double seconds) {
  itimerval timer{};
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  timer.it_value.tv_sec = static_cast<time_t>(whole);
  timer.it_value.tv_usec = static_cast<suseconds_t>(fraction * 1e6);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard(Engine& engine, std::optional<double> timeout_seconds) {
  came.store(false);
  running.store(&engine);
  handle(SIGINT);
  if (timeout_seconds) {
    handle(SIGALRM);
    set_timer(std::max(*timeout_seconds, 1e-6));
  }
}

void InterruptGuard::hand_over(Engine& other, double at_most_seconds) {
  itimerval left{};
  getitimer(ITIMER_REAL, &left);
  const double seconds =
      static_cast<double>(left.it_value.tv_sec) + static_cast<double>(left.it_value.tv_usec) / 1e6;
  running.store(&other);
  // Whoever interrupts says so first and looks for the engine then.
  if (came.load()) return other.interrupt();
  if (seconds > 0 && seconds <= at_most_seconds) return;  // that is soon enough
  handle(SIGALRM);
  set_timer(at_most_seconds);
}

InterruptGuard::~InterruptGuard() {
  set_timer(0);
  running.store(nullptr);
  std::signal(SIGINT, SIG_DFL);
}

bool InterruptGuard::stopped() { return stop_seen.load(); }

}  // namespace rosetta
