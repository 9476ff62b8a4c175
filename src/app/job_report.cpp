#include "app/job_report.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/json.h"
#include "app/report.h"
#include "app/task.h"
#include "base/wording.h"
#include "text/value.h"

namespace rosetta {
namespace {

constexpr char kPrintsSkipped[] = "what tasks print is skipped; `run` shows it\n";
constexpr std::string_view kReduceNames[] = {"sum", "min", "max", "count", "none"};

std::string arguments_text(const par::Trapped& trapped, const Finished& job) {
  std::string text;
  for (std::size_t i = 0; i < trapped.arguments.size(); ++i) {
    text += fmt::format("{}{} = {}", i == 0 ? "" : ", ", shortened(job.names.params[i]),
                        to_text(trapped.arguments[i], job.program.entry().params[i]));
  }
  return text;
}

// How many trapped by which trap, and the first of them by name.
std::string traps_text(const Finished& job, Look look) {
  const par::Report& report = job.report;
  std::string text;
  if (job.explained) text += trap_text(*job.explained, job.listings, job.program, look);
  text += fmt::format("{} of {} trapped:", grouped(report.trapped()),
                      grouped(report.done) + (report.done == 1 ? " task" : " tasks"));
  for (std::size_t trap = 1; trap < report.by_status.size(); ++trap) {
    if (report.by_status[trap] == 0) continue;
    text += fmt::format(" {} {}", grouped(report.by_status[trap]), kTrapNames[trap]);
  }
  text += "\n";
  for (const par::Trapped& trapped : report.first) {
    const std::string arguments = arguments_text(trapped, job);
    text += fmt::format("  task {}{}: {}\n", trapped.task,
                        arguments.empty() ? "" : " (" + arguments + ")", name(trapped.trap));
  }
  if (report.trapped() > report.first.size()) {
    text += fmt::format("  … {} more\n", grouped(report.trapped() - report.first.size()));
  }
  return text;
}

// Why there are tasks that were not run.
std::string stopped_text(const Finished& job) {
  if (!job.report.stopped) {
    return fmt::format("--fail-fast: {} behind it did not run\n",
                       job.tasks - job.report.done == 1
                           ? "the task"
                           : "the " + grouped(job.tasks - job.report.done) + " tasks");
  }
  const bool can_go_on = job.options.out.has_value();
  return fmt::format("stopped: {} of {} tasks are done, and what is known is of those{}\n",
                     grouped(job.report.done), grouped(job.tasks),
                     can_go_on ? "; --resume goes on" : "");
}

std::vector<std::string> reduced_texts(const Finished& job) {
  if (job.options.reduce == ReduceChoice::Count) return {std::to_string(job.report.by_status[0])};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < job.report.reduced.size(); ++i) {
    const par::Reduction::Value value = job.report.reduced[i];
    texts.push_back(value ? to_text(*value, job.program.entry().results[i]) : "none");
  }
  return texts;
}

double rate(const Finished& job, const Stats& stats) {
  const auto now = static_cast<double>(job.report.done - job.report.resumed);
  return stats.seconds > 0 ? now / stats.seconds : 0;
}

std::string stats_text(const Finished& job, const Stats& stats) {
  std::string text = stages_text(stats.stages);
  const auto say = [&](std::string_view what, const auto& value) {
    text += fmt::format("{:<24} {:>14}\n", what, value);
  };
  say("engine", stats.engine.name);
  if (!stats.engine.devices.empty()) say("device", stats.engine.devices);
  if (!stats.engine.code.empty()) say("compiled code", code_text(stats.engine));
  say("threads", stats.threads);
  say("chunks", grouped(job.report.chunks));
  say("tasks a second", grouped(static_cast<std::uint64_t>(rate(job, stats))));
  if (job.report.resumed > 0) say("tasks done before", grouped(job.report.resumed));
  if (stats.outcomes == nullptr) return text;
  say("outcomes reused", grouped(job.report.reused));
  say("outcomes kept", grouped(stats.outcomes->kept()));
  return text;
}

Json stats_json(const Finished& job, const Stats& stats) {
  Json json{{"engine", stats.engine.name}, {"milliseconds", stages_json(stats.stages)}};
  if (!stats.engine.devices.empty()) json["device"] = stats.engine.devices;
  if (!stats.engine.code.empty()) json["code"] = code_text(stats.engine);
  json["threads"] = stats.threads;
  json["chunks"] = job.report.chunks;
  json["tasks_a_second"] = rate(job, stats);
  if (stats.outcomes == nullptr) return json;
  json["reused"] = job.report.reused;
  json["kept"] = stats.outcomes->kept();
  return json;
}

Json to_json(const Finished& job) {
  const par::Report& report = job.report;
  const ir::Function& entry = job.program.entry();
  Json json{{"tasks", job.tasks},
            {"done", report.done},
            {"resumed", report.resumed},
            {"stopped", report.stopped}};
  Json traps = Json::object();
  for (std::size_t trap = 1; trap < report.by_status.size(); ++trap) {
    if (report.by_status[trap] > 0) traps[std::string(kTrapNames[trap])] = report.by_status[trap];
  }
  json["traps"] = std::move(traps);
  json["trapped"] = Json::array();
  for (const par::Trapped& trapped : report.first) {
    Json each{{"task", trapped.task}, {"trap", std::string(name(trapped.trap))}};
    if (!trapped.arguments.empty()) {
      each["arguments"] = values_json(trapped.arguments, entry.params);
    }
    json["trapped"].push_back(std::move(each));
  }
  const ReduceChoice reduce = job.options.reduce;
  json["reduce"] = std::string(kReduceNames[static_cast<std::size_t>(reduce)]);
  if (reduce == ReduceChoice::Count) json["count"] = report.by_status[0];
  if (!operation(reduce)) return json;
  json["results"] = Json::array();
  for (std::size_t i = 0; i < report.reduced.size(); ++i) {
    const par::Reduction::Value value = report.reduced[i];
    json["results"].push_back(value ? value_json(*value, entry.results[i]) : Json());
  }
  return json;
}

}  // namespace

std::optional<par::Operation> operation(ReduceChoice choice) {
  switch (choice) {
    case ReduceChoice::Sum: return par::Operation::Sum;
    case ReduceChoice::Min: return par::Operation::Min;
    case ReduceChoice::Max: return par::Operation::Max;
    case ReduceChoice::Count:
    case ReduceChoice::None: break;
  }
  return std::nullopt;
}

void say(const Finished& job, const Stats* stats, const Common& common) {
  if (common.json) {
    Json json = to_json(job);
    if (stats != nullptr) json["stats"] = stats_json(job, *stats);
    std::fputs(line(json).c_str(), stdout);
    if (prints(job.program)) std::fputs(kPrintsSkipped, stderr);
    return;
  }
  for (const std::string& text : reduced_texts(job)) std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
  std::string text;
  if (prints(job.program)) text += kPrintsSkipped;
  if (job.report.trapped() > 0) text += traps_text(job, {common.color});
  if (job.report.done < job.tasks) text += stopped_text(job);
  if (stats != nullptr) text += stats_text(job, *stats);
  std::fputs(text.c_str(), stderr);
}

}  // namespace rosetta
