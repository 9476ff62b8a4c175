// The queues of all devices, lent to whoever has tasks.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "gpu/device.h"

namespace rosetta::gpu {

// May be used from any thread, and outlives what it lends.
class Queues {
 public:
  // Of one device: while one computes, others send and fetch.
  static constexpr unsigned kADevice = 3;

  explicit Queues(std::vector<std::unique_ptr<Device>> devices);

  // A queue in one thread's hands.
  class Lent {
   public:
    ~Lent();
    Lent(Lent&& other) noexcept = default;
    Lent& operator=(Lent&&) = delete;
    [[nodiscard]] Queue& queue() const { return *queue_; }
    [[nodiscard]] const DeviceInfo& device() const;
    // It cannot be used any more.
    void is_broken() { broken_ = true; }

   private:
    friend class Queues;
    Lent(Queues& queues, std::size_t device, std::unique_ptr<Queue> queue)
        : queues_(queues), device_(device), queue_(std::move(queue)) {}
    Queues& queues_;
    std::size_t device_;
    std::unique_ptr<Queue> queue_;  // null: moved from
    bool broken_ = false;
  };
  // Of the device that has the fewest in use; waits until there is one.
  DeviceResult<Lent> lend();

  // The most lanes that a device has.
  [[nodiscard]] std::uint32_t most_lanes() const;

 private:
  struct Place {
    std::unique_ptr<Device> device;
    std::vector<std::unique_ptr<Queue>> idle;
    unsigned used = 0;
  };
  void give_back(std::size_t device, std::unique_ptr<Queue> queue);

  std::vector<Place> places_;
  std::mutex mutex_;
  std::condition_variable returned_;
};

}  // namespace rosetta::gpu
