#include "app/report.h"

#include <fmt/format.h>

#include "base/wording.h"

namespace rosetta {
namespace {

// A frame's function and where its instruction stands, or else its name.
struct Where {
  std::string function;
  Listings::Listing listing;
  Span span;
};

bool is_known(const Frame& frame) { return frame.instruction != Frame::kUnknownInstruction; }

Where where(const Frame& frame, Listings& listings, const ir::Program& program) {
  const std::uint32_t number = program.numbers[frame.function];
  const Listings::Listing listing = listings.of(number);
  return {listings.name(number), listing,
          is_known(frame) ? listing.places.code[frame.instruction] : listing.places.head};
}

std::string place(const Where& where) {
  return place_text(where.listing.source, where.listing.lines, where.span.begin);
}

// What compiled code does not know.
constexpr char kInterrupted[] =
    "  compiled code does not know where in the function it was, nor in what was inlined there "
    "(--engine interp does)\n";
constexpr char kNoChain[] =
    "  the calls that led here are not known: compiled code does not keep them, and running it "
    "again in the interpreter took too long\n";

// What a device does not know, nor the interpreter in time.
constexpr char kNowhere[] =
    "  where it was is not known: a device does not say that, and the interpreter did not run it "
    "again to the end\n";
constexpr char kContradicted[] =
    "  the interpreter ran the same task again, and it did not end so: what ran it before (a "
    "device, "
    "its driver) computes wrongly, and none of its results can be relied on\n";

std::uint64_t omitted_frames(const TrapReport& report) {
  return report.frames == 0 ? 0 : report.frames - report.innermost.size() - report.outermost.size();
}

}  // namespace

std::string trap_text(const TrapReport& report, Listings& listings, const ir::Program& program,
                      Look look) {
  if (report.place.function == Frame::kUnknownFunction) {
    return fmt::format("trap: {}\n{}", name(report.trap),
                       report.contradicted ? kContradicted : kNowhere);
  }
  const Where at = where(report.place, listings, program);
  const Hash hash = listings.hash(program.numbers[report.place.function]);
  std::string text = fmt::format("{}: trap: {} in `{}` (#{})", place(at), name(report.trap),
                                 shortened(at.function), to_short_hex(hash));
  if (!is_known(report.place)) {
    return text + "\n" + excerpt(at.listing.lines, at.span, look) + kInterrupted;
  }
  text += fmt::format(", instruction {}\n", report.place.instruction);
  text += excerpt(at.listing.lines, at.span, look);
  if (report.frames == 0) return text + kNoChain;
  const auto callers = [&](std::span<const Frame> frames) {
    // Equal neighbours, as recursion makes them, take one line.
    for (std::size_t i = 0; i < frames.size();) {
      std::size_t same = i + 1;
      while (same < frames.size() && frames[same].function == frames[i].function &&
             frames[same].instruction == frames[i].instruction) {
        ++same;
      }
      const Where caller = where(frames[i], listings, program);
      text += fmt::format("  called from `{}` at {}{}\n", shortened(caller.function), place(caller),
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

Json trap_json(const TrapReport& report, Listings& listings, const ir::Program& program) {
  const auto place = [&](const Frame& frame) {
    const Where at = where(frame, listings, program);
    const Position position = at.listing.lines.position(at.span.begin);
    return Json{{"function", at.function},
                {"instruction", is_known(frame) ? Json(frame.instruction) : Json()},
                {"file", at.listing.source.name},
                {"line", position.line},
                {"column", position.column}};
  };
  Json json{{"trap", std::string(name(report.trap))}};
  if (report.place.function != Frame::kUnknownFunction) {
    json.update(place(report.place));
    json["hash"] = to_hex(listings.hash(program.numbers[report.place.function]));
  }
  if (report.contradicted) json["contradicted"] = true;
  json["frames"] = report.frames == 0 ? Json() : Json(report.frames);
  json["omitted"] = omitted_frames(report);
  json["chain"] = Json::array();
  for (const Frame& frame : report.innermost) json["chain"].push_back(place(frame));
  for (const Frame& frame : report.outermost) json["chain"].push_back(place(frame));
  return json;
}

}  // namespace rosetta
