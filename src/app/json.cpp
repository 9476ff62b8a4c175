#include "app/json.h"

#include "text/value.h"

namespace rosetta {
namespace {

Json place_json(const Source& source, const Lines& lines, std::uint32_t byte) {
  const Position position = lines.position(byte);
  return {{"file", source.name}, {"line", position.line}, {"column", position.column}};
}

Json diagnostic_json(const Diagnostic& diagnostic, const Source& source, const Lines& lines) {
  Json json = place_json(source, lines, diagnostic.place.begin);
  json["message"] = diagnostic.message;
  json["notes"] = Json::array();
  for (const Diagnostic::Note& note : diagnostic.notes) {
    Json each = place_json(source, lines, note.place.begin);
    each["message"] = note.message;
    json["notes"].push_back(std::move(each));
  }
  if (!diagnostic.hint.empty()) json["hint"] = diagnostic.hint;
  return json;
}

}  // namespace

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json value_json(Cell cell, Type type) {
  return {{"type", std::string(name(type))}, {"value", to_text(cell, type)}};
}

Json values_json(std::span<const Cell> cells, std::span<const Type> types) {
  Json json = Json::array();
  for (std::size_t i = 0; i < types.size(); ++i) json.push_back(value_json(cells[i], types[i]));
  return json;
}

Json diagnostics_json(const Assembly& assembly, const Source& source) {
  const Lines lines(source.text);
  Json json{{"errors", Json::array()}, {"warnings", Json::array()}};
  for (const Diagnostic& each : assembly.errors) {
    json["errors"].push_back(diagnostic_json(each, source, lines));
  }
  for (const Diagnostic& each : assembly.warnings) {
    json["warnings"].push_back(diagnostic_json(each, source, lines));
  }
  json["error_count"] = assembly.error_count;
  json["warning_count"] = assembly.warning_count;
  return json;
}

}  // namespace rosetta
