#include "app/report.h"

#include <fmt/format.h>

#include "base/wording.h"

namespace rosetta {
namespace {

struct Where {
  std::string function;
  Span span;
};

Where where(const Frame& frame, const Module& module, const ir::Program& program) {
  const std::uint32_t number = program.numbers[frame.function];
  return {module.assembly.names[number].name,
          module.assembly.places[number].code[frame.instruction]};
}

std::uint64_t omitted_frames(const TrapReport& report) {
  return report.frames - report.innermost.size() - report.outermost.size();
}

}  // namespace

std::string trap_text(const TrapReport& report, const Module& module, const ir::Program& program,
                      Look look) {
  const Lines lines(module.source.text);
  const Where at = where(report.place, module, program);
  std::string text = fmt::format("{}: trap: {} in `{}`, instruction {}\n",
                                 place_text(module.source, lines, at.span.begin), name(report.trap),
                                 shortened(at.function), report.place.instruction);
  text += excerpt(lines, at.span, look);
  const auto callers = [&](std::span<const Frame> frames) {
    // Equal neighbours, as recursion makes them, take one line.
    for (std::size_t i = 0; i < frames.size();) {
      std::size_t same = i + 1;
      while (same < frames.size() && frames[same].function == frames[i].function &&
             frames[same].instruction == frames[i].instruction) {
        ++same;
      }
      const Where caller = where(frames[i], module, program);
      text += fmt::format("  called from `{}` at {}{}\n", shortened(caller.function),
                          place_text(module.source, lines, caller.span.begin),
                          same - i > 1 ? fmt::format(" ({} times)", same - i) : "");
      i = same;
    }
  };
  const std::uint64_t omitted = omitted_frames(report);
  std::vector<Frame> frames(report.innermost.begin() + 1, report.innermost.end());
  if (omitted > 0) {
    callers(frames);
    text += fmt::format("  … {} …\n", counted(omitted, "more call"));
    frames.clear();
  }
  frames.insert(frames.end(), report.outermost.begin(), report.outermost.end());
  callers(frames);
  return text;
}

Json trap_json(const TrapReport& report, const Module& module, const ir::Program& program) {
  const Lines lines(module.source.text);
  const auto place = [&](const Frame& frame) {
    const Where at = where(frame, module, program);
    const Position position = lines.position(at.span.begin);
    return Json{{"function", at.function},
                {"instruction", frame.instruction},
                {"line", position.line},
                {"column", position.column}};
  };
  Json json{{"trap", std::string(name(report.trap))}};
  json.update(place(report.place));
  json["file"] = module.source.name;
  json["frames"] = report.frames;
  json["omitted"] = omitted_frames(report);
  json["chain"] = Json::array();
  for (const Frame& frame : report.innermost) json["chain"].push_back(place(frame));
  for (const Frame& frame : report.outermost) json["chain"].push_back(place(frame));
  return json;
}

}  // namespace rosetta
