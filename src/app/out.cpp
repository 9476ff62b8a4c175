#include "app/out.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/files.h"
#include "app/json.h"
#include "app/render.h"

namespace rosetta {
namespace {

constexpr int kVersion = 1;  // of the record

std::string record_path(const std::string& path) { return path + ".job"; }

Json to_json(const JobRecord& record) {
  Json json{{"rosettavm_job", kVersion},
            {"program", to_hex(record.program)},
            {"arguments", record.arguments},
            {"tasks", record.tasks},
            {"max_depth", record.limits.max_depth}};
  json["fuel"] = record.limits.fuel ? Json(*record.limits.fuel) : Json();
  return json;
}

// What a person calls the members in which two jobs may differ.
constexpr std::pair<const char*, const char*> kMembers[] = {
    {"rosettavm_job", "of another version of rosettavm"},
    {"program", "of another program"},
    {"arguments", "of other arguments, or a file of them has changed"},
    {"tasks", "of another number of tasks"},
    {"max_depth", "of another --max-depth"},
    {"fuel", "of another --fuel"},
};

constexpr std::uint64_t kMostRecordBytes = std::uint64_t{1} << 24;

// What is in the record's place; null where nothing is, or something else.
Result<Json> read_record(const std::string& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(record_path(path), failure)) return Json();
  const Result<std::string> text = read_file(record_path(path), kMostRecordBytes);
  if (!text) return std::unexpected(text.error());
  Json json = Json::parse(*text, nullptr, false);
  return json.is_object() && json.contains(kMembers[0].first) ? json : Json();
}

// Whether rows that are there are those of this job.
Result<void> compare(const std::string& path, const JobRecord& record) {
  const Result<Json> there = read_record(path);
  if (!there) return std::unexpected(there.error());
  const Json here = to_json(record);
  std::string_view why;
  if (there->is_null()) why = "of a job that is not known: it has no record beside it";
  for (const auto& [member, what] : kMembers) {
    if (!why.empty()) break;
    const auto found = there->find(member);
    if (found == there->end() || *found != here[member]) why = what;
  }
  if (why.empty()) return {};
  return std::unexpected(Error{
      Fault::Usage, fmt::format("--resume: `{}` is {} (`{}`); without --resume it is made anew",
                                printable(path), why, printable(record_path(path)))});
}

// Whatever else has the record's name is not to be lost.
Result<void> nothing_in_the_way(const std::string& path) {
  std::error_code failure;
  const Result<Json> there = read_record(path);
  if (!there) return std::unexpected(there.error());
  const bool exists = std::filesystem::exists(record_path(path), failure);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0) {
    return std::unexpected(
        Error{Fault::Machine,
              fmt::format("cannot write `{}`: {}", printable(record_path(path)), strerror(errno))});
  }
  if (!there->is_null() || !exists) return {};
  return std::unexpected(
      Error{Fault::Usage, fmt::format("`{}` is in the way: it is no job's record, and that is "
                                      "where the record of `{}` goes",
                                      printable(record_path(path)), printable(path))});
}

}  // namespace

Result<std::unique_ptr<par::Format>> format_of(const std::string& path,
                                               std::span<const Type> results) {
  if (path.ends_with(".npy")) return par::npy_format(results);
  if (path.ends_with(".csv")) return par::csv_format(results);
  if (path.ends_with(".jsonl")) return par::jsonl_format(results);
  return std::unexpected(Error{
      Fault::Usage, fmt::format("--out needs a file that ends in .npy, .csv or .jsonl, not `{}`",
                                printable(path))});
}

Result<Out> open_out(const std::string& path, std::span<const Type> results,
                     const JobRecord& record, bool resume) {
  Result<std::unique_ptr<par::Format>> format = format_of(path, results);
  if (!format) return std::unexpected(format.error());
  Out out{std::move(*format), {}};
  if (!resume) {
    const Result<void> free = nothing_in_the_way(path);
    if (!free) return std::unexpected(free.error());
  }
  Result<par::ResultFile> file = par::ResultFile::open(path, *out.format, record.tasks);
  if (!file) return std::unexpected(file.error());
  const Result<bool> has_rows = file->has_rows();
  if (!has_rows) return std::unexpected(has_rows.error());
  // Here no other process has the file.
  const bool goes_on = resume && *has_rows;
  Result<void> ready = goes_on ? compare(path, record) : nothing_in_the_way(path);
  if (ready && resume) ready = file->go_on();
  if (ready && !goes_on) ready = file->begin_anew();
  // Only now, when there is no row of another job that it could be taken for.
  if (ready && !goes_on) ready = write_file(record_path(path), line(to_json(record)));
  if (!ready) return std::unexpected(ready.error());
  out.file.emplace(std::move(*file));
  return out;
}

}  // namespace rosetta
