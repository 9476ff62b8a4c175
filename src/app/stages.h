// How long the stages of a command took, for --stats.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/json.h"

namespace rosetta {

// How long each stage took, in the order they came.
class Stages {
 public:
  void done(std::string stage);
  struct Stage {
    std::string name;
    std::chrono::nanoseconds time;
  };
  [[nodiscard]] const std::vector<Stage>& all() const { return stages_; }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::vector<Stage> stages_;
};

// Lines, and {name: milliseconds, …}.
std::string stages_text(const Stages& stages);
Json stages_json(const Stages& stages);

}  // namespace rosetta
