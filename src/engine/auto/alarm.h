// A call into this thread after a while, wherever it is then.
#pragma once

#include <chrono>
#include <ctime>

namespace rosetta {

// While it lives, one at a time in a thread. `ring` is called once, in a signal handler of the
// thread that made it (the signal is SIGRTMAX). Where the system has no timer left, it never rings.
class Alarm {
 public:
  using Ring = void(void* of) noexcept;
  Alarm(std::chrono::microseconds after, Ring* ring, void* of);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  timer_t timer_{};
  bool set_ = false;
};

}  // namespace rosetta
