#include "engine/auto/alarm.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace rosetta {
namespace {

// Of this thread's alarm; a signal that comes late finds none.
thread_local Alarm::Ring* ring_now = nullptr;
thread_local void* ring_of = nullptr;

extern "C" void rosetta_on_alarm(int) {
  if (ring_now != nullptr) ring_now(ring_of);
}

}  // namespace

Alarm::Alarm(std::chrono::microseconds after, Ring* ring, void* of) {
  struct sigaction action {};
  action.sa_handler = rosetta_on_alarm;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGRTMAX, &action, nullptr);
  ring_of = of;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ring_now = ring;
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMAX;
  event._sigev_un._tid = gettid();
  if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return;
  set_ = true;
  const auto nanoseconds = std::chrono::nanoseconds(after).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  const itimerspec when{{}, {nanoseconds / kSecond, nanoseconds % kSecond}};
  timer_settime(timer_, 0, &when, nullptr);
}

Alarm::~Alarm() {
  ring_now = nullptr;
  if (set_) timer_delete(timer_);
}

}  // namespace rosetta
