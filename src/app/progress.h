// How far a job is, for a person at a terminal.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace rosetta {

// A line on standard error, from a second after the beginning on, while it lives: how many of the
// tasks are done, how many a second, and how long the rest will take. Nothing where standard error
// is no terminal.
class Progress {
 public:
  // How many are done, and how many of those were before it began. May be asked from another
  // thread.
  struct Done {
    std::uint64_t all;
    std::uint64_t before;
  };
  Progress(std::uint64_t tasks, std::function<Done()> done);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void show();

  std::uint64_t tasks_;
  std::function<Done()> done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace rosetta
