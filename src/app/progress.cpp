#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <system_error>

#include "base/wording.h"

namespace rosetta {
namespace {

constexpr auto kFirst = std::chrono::seconds(1);
constexpr auto kThen = std::chrono::milliseconds(200);
constexpr char kClear[] = "\r\x1b[K";

}  // namespace

Progress::Progress(std::uint64_t tasks, std::function<Done()> done)
    : tasks_(tasks), done_(std::move(done)) {
  if (isatty(STDERR_FILENO) == 0) return;
  try {
    thread_ = std::thread([this] { show(); });
  } catch (const std::system_error&) {
    // A job is not worth less without it.
  }
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Progress::show() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return ended_; };
  if (changed_.wait_for(lock, kFirst, ended)) return;
  do {
    const Done done = done_();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const double rate = static_cast<double>(done.all - done.before) / seconds;
    const double part = static_cast<double>(done.all) / static_cast<double>(tasks_);
    std::string text =
        fmt::format("{} of {} tasks, {:.0f} %, {} a second", grouped(done.all), grouped(tasks_),
                    std::floor(100 * part), grouped(static_cast<std::uint64_t>(rate)));
    if (rate > 0) {
      const double left = static_cast<double>(tasks_ - done.all) / rate;
      text += ", " + duration_text(std::ceil(left)) + " left";
    }
    std::fputs((kClear + text).c_str(), stderr);
    std::fflush(stderr);
  } while (!changed_.wait_for(lock, kThen, ended));
  std::fputs(kClear, stderr);
  std::fflush(stderr);
}

}  // namespace rosetta
