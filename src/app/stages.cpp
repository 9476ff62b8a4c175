#include "app/stages.h"

#include <fmt/format.h>

namespace rosetta {
namespace {

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void Stages::done(std::string stage) {
  const auto now = std::chrono::steady_clock::now();
  stages_.push_back({std::move(stage), now - last_});
  last_ = now;
}

std::string stages_text(const Stages& stages) {
  std::string text;
  for (const Stages::Stage& stage : stages.all()) {
    text += fmt::format("{:<24} {:>14.3f} ms\n", stage.name, milliseconds(stage.time));
  }
  return text;
}

Json stages_json(const Stages& stages) {
  Json times = Json::object();
  for (const Stages::Stage& stage : stages.all()) times[stage.name] = milliseconds(stage.time);
  return times;
}

}  // namespace rosetta
