// Each thread takes a piece, works on it and puts it down among those that wait for one before
// them. Whoever puts down the first of all finishes it and those that wait behind it, unless
// another thread is doing that already. So a piece that is not finished yet is in some thread's
// hands or waits for one that is, and whoever waits for room holds none.
#include "par/schedule.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace rosetta::par {
namespace {

class Schedule {
 public:
  Schedule(Pipeline& pipeline, unsigned waiting) : pipeline_(pipeline), worked_(waiting) {}

  void take_part() {
    Piece piece;
    while (next(piece)) {
      pipeline_.work(piece.data);
      put_down(piece);
    }
  }

 private:
  struct Piece {
    void* data = nullptr;
    std::uint64_t number = 0;
  };

  bool next(Piece& piece) {
    const std::lock_guard turn(next_mutex_);
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [this] { return taken_ - finished_ < worked_.size(); });
    }
    piece = {pipeline_.next(), taken_};
    if (piece.data != nullptr) ++taken_;
    return piece.data != nullptr;
  }

  void put_down(const Piece& piece) {
    std::unique_lock lock(mutex_);
    worked_[piece.number % worked_.size()] = piece.data;
    if (finishing_) return;
    finishing_ = true;
    for (;;) {
      void*& first = worked_[finished_ % worked_.size()];
      if (first == nullptr) break;
      void* const data = first;
      first = nullptr;
      lock.unlock();
      pipeline_.finish(data);
      lock.lock();
      ++finished_;
      room_.notify_one();
    }
    finishing_ = false;
  }

  Pipeline& pipeline_;
  std::mutex next_mutex_;
  std::uint64_t taken_ = 0;  // under next_mutex_
  std::mutex mutex_;         // of all below
  std::condition_variable room_;
  std::vector<void*> worked_;  // piece n at n modulo its size; null: not there yet
  std::uint64_t finished_ = 0;
  bool finishing_ = false;
};

}  // namespace

void run(Pipeline& pipeline, unsigned threads, unsigned waiting) {
  Schedule schedule(pipeline, waiting);
  std::vector<std::jthread> others;  // joined at the end
  try {
    while (others.size() + 1 < threads) others.emplace_back([&] { schedule.take_part(); });
  } catch (const std::system_error&) {
    // As many as there are.
  } catch (const std::bad_alloc&) {
  }
  schedule.take_part();
}

}  // namespace rosetta::par
