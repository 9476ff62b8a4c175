#include "gpu/queues.h"

#include <algorithm>
#include <utility>

namespace rosetta::gpu {

Queues::Queues(std::vector<std::unique_ptr<Device>> devices) {
  for (std::unique_ptr<Device>& device : devices) places_.push_back({std::move(device), {}});
}

std::uint32_t Queues::most_lanes() const {
  std::uint32_t most = 0;
  for (const Place& place : places_) most = std::max(most, place.device->info().lanes);
  return most;
}

DeviceResult<Queues::Lent> Queues::lend() {
  std::unique_lock lock(mutex_);
  const auto least_busy = [this] { return std::ranges::min_element(places_, {}, &Place::used); };
  returned_.wait(lock, [&] { return least_busy()->used < kADevice; });
  Place& place = *least_busy();
  const auto number = static_cast<std::size_t>(&place - places_.data());
  ++place.used;
  if (!place.idle.empty()) {
    std::unique_ptr<Queue> queue = std::move(place.idle.back());
    place.idle.pop_back();
    return Lent(*this, number, std::move(queue));
  }
  lock.unlock();
  DeviceResult<std::unique_ptr<Queue>> opened = place.device->open();
  if (opened) return Lent(*this, number, std::move(*opened));
  give_back(number, nullptr);
  return std::unexpected(std::move(opened.error()));
}

void Queues::give_back(std::size_t device, std::unique_ptr<Queue> queue) {
  {
    const std::lock_guard lock(mutex_);
    Place& place = places_[device];
    --place.used;
    if (queue) place.idle.push_back(std::move(queue));
  }
  returned_.notify_one();
}

const DeviceInfo& Queues::Lent::device() const { return queues_.places_[device_].device->info(); }

Queues::Lent::~Lent() {
  if (!queue_) return;
  if (broken_) queue_.reset();
  queues_.give_back(device_, std::move(queue_));
}

}  // namespace rosetta::gpu
