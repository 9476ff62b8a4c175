#include "par/job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "par/schedule.h"

namespace rosetta::par {
namespace {

// How work is cut up for an engine.
struct Pace {
  // A chunk is to take so long: long against what handing it round costs, short against a job.
  std::chrono::nanoseconds chunk_time;
  std::size_t most_tasks;
  std::size_t most_column_bytes;
  // What waits for the tasks before it, in as many chunks as it takes to have something to do while
  // a long task is waited for.
  std::size_t most_waiting_bytes;
  std::size_t most_waiting;
  // Towards the end chunks get smaller, so that all threads end together: down to such a part.
  std::size_t smallest_part;

  // How many tasks' columns a chunk may have.
  [[nodiscard]] std::size_t tasks(std::size_t columns) const {
    return std::clamp<std::size_t>(most_column_bytes / (sizeof(Cell) * columns + 1), 1, most_tasks);
  }
};
// Columns that stay in a processor's cache.
constexpr Pace kOneByOne{std::chrono::microseconds(500), 16'384, std::size_t{2} << 20,
                         std::size_t{64} << 20,          4096,   16'384};
// Many at once: handing them over takes long, too.
constexpr Pace kByTheGrain{std::chrono::milliseconds(10),
                           std::size_t{1} << 24,
                           std::size_t{64} << 20,
                           std::size_t{256} << 20,
                           64,
                           8};
constexpr std::size_t kFastestGrowth = 16;
constexpr std::size_t kFewestRows = 16;  // of a chunk, where rows are long

// Columns of cells for a chunk's arguments and results; they go from chunk to chunk.
class Buffer {
 public:
  Columns columns(std::size_t count, std::size_t arguments, std::size_t results) {
    if (cells_.size() < count * (arguments + results)) cells_.resize(count * (arguments + results));
    if (statuses_.size() < count) statuses_.resize(count);
    pointers_.clear();
    for (std::size_t k = 0; k < arguments + results; ++k) {
      pointers_.push_back(cells_.data() + k * count);
    }
    read_.assign(pointers_.begin(), pointers_.begin() + static_cast<std::ptrdiff_t>(arguments));
    const std::span all(pointers_);
    arguments_ = all.first(arguments);
    return {count, read_, all.subspan(arguments), statuses_.data()};
  }
  // The arguments, to be written.
  [[nodiscard]] std::span<Cell* const> arguments() const { return arguments_; }

 private:
  std::vector<Cell> cells_;
  std::vector<std::uint8_t> statuses_;
  std::vector<Cell*> pointers_;
  std::vector<const Cell*> read_;
  std::span<Cell* const> arguments_;
};

using Nodes = std::vector<Reduction::Value>;

// What is left of a chunk when its columns are let go: what finish() needs.
struct Chunk {
  std::uint64_t first = 0;
  std::size_t count = 0;
  std::unique_ptr<Buffer> buffer;
  Columns columns;
  // Behind work():
  bool cut = false;            // there is nothing behind these tasks any more
  bool interrupted = false;    // and why
  std::optional<Error> error;  // of the input, for the task behind these
  std::array<std::uint64_t, kTrapNames.size()> by_status{};
  std::vector<Trapped> trapped;      // the first of them
  std::optional<TrapReport> report;  // of the very first, where the engine gave one
  std::vector<Nodes> nodes;          // for each result
  std::string rows;
  // Of the memo: the keys, what it knew, and what it did not know and may keep.
  std::vector<Hash> keys;
  std::vector<std::uint8_t> known;
  std::vector<std::uint8_t> keep;

  // Nothing of it counts, nor of what comes behind it.
  void drop() {
    count = 0;
    cut = true;
    interrupted = false;
    by_status = {};
    trapped.clear();
    report.reset();
    nodes.clear();
    rows.clear();
    keep.clear();
  }
};

// Of the tasks of a chunk those that trapped, by kind and the first by name.
void tally(Chunk& chunk, const Columns& columns) {
  for (std::size_t i = 0; i < chunk.count; ++i) {
    const std::uint8_t status = columns.statuses[i];
    ++chunk.by_status[status];
    if (status == 0 || chunk.trapped.size() == Trapped::kMostNamed) continue;
    Trapped& trapped = chunk.trapped.emplace_back();
    trapped.task = chunk.first + i;
    trapped.trap = static_cast<Trap>(status);
    for (const Cell* const column : columns.arguments) trapped.arguments.push_back(column[i]);
  }
}

std::vector<const Cell*> read_only(std::span<Cell* const> columns) {
  return {columns.begin(), columns.end()};
}

void add(Report& report, std::vector<Reduction>& reductions, Chunk& chunk) {
  if (!report.first_report && report.first.empty()) report.first_report = std::move(chunk.report);
  report.done += chunk.count;
  report.reused += static_cast<std::uint64_t>(std::ranges::count(
      std::span(chunk.known).first(std::min(chunk.known.size(), chunk.count)), 1));
  ++report.chunks;
  for (std::size_t status = 0; status < report.by_status.size(); ++status) {
    report.by_status[status] += chunk.by_status[status];
  }
  for (Trapped& trapped : chunk.trapped) {
    if (report.first.size() < Trapped::kMostNamed) report.first.push_back(std::move(trapped));
  }
  if (chunk.count == 0) return;
  for (std::size_t k = 0; k < reductions.size(); ++k) {
    reductions[k].add(chunk.count, chunk.nodes[k]);
  }
}

}  // namespace

// The pipeline of a run.
class Job::Stages final : public Pipeline {
 public:
  Stages(Job& job, Report& report, std::vector<Reduction>& reductions)
      : job_(job),
        options_(job.options_),
        report_(report),
        reductions_(reductions),
        next_(report.done),
        grain_(std::clamp<std::size_t>(job.engine_.grain(), 1, kByTheGrain.most_tasks)),
        pace_(grain_ == 1 ? kOneByOne : kByTheGrain),
        size_(grain_),
        arguments_(job.program_.entry().params.size()),
        results_(job.program_.entry().results.size()) {
    const std::size_t columns = sizeof(Cell) * (arguments_ + results_) + 1;
    most_ = pace_.tasks(arguments_ + results_);
    // What of a task may wait: a row of a file, or all columns; and what of a chunk.
    std::size_t task = 0;
    if (options_.format != nullptr) task += options_.format->longest_row();
    if (options_.memo != nullptr) task += sizeof(Hash) + columns;
    const std::size_t rest = sizeof(Chunk) + results_ * 2 * 16 * sizeof(Reduction::Value) +
                             Trapped::kMostNamed * (sizeof(Trapped) + arguments_ * sizeof(Cell));
    if (task > 0) {
      const std::size_t fitting = pace_.most_waiting_bytes / pace_.most_waiting / task;
      most_ = std::min(most_, std::max(fitting, kFewestRows));
    }
    most_ = std::max(most_, grain_);
    const std::size_t fewest = 4 * std::size_t{options_.threads};
    waiting_ = std::clamp(pace_.most_waiting_bytes / (rest + task * most_), fewest,
                          std::max(fewest, pace_.most_waiting));
  }

  // How many chunks may be between next() and finish().
  [[nodiscard]] unsigned waiting() const { return static_cast<unsigned>(waiting_); }

  void* next() noexcept override {
    if (stop_.load() || next_ == options_.tasks || job_.engine_.interrupted()) return nullptr;
    return guarded([&]() -> Result<void*> {
             auto chunk = std::make_unique<Chunk>();
             chunk->first = next_;
             chunk->count = chunk_size();
             chunk->buffer = take_buffer();
             read(*chunk);
             next_ += chunk->count;
             return chunk.release();
           })
        .value_or(nullptr);
  }

  void work(void* piece) noexcept override {
    auto& chunk = *static_cast<Chunk*>(piece);
    const Result<void*> worked = guarded([&]() -> Result<void*> {
      if (chunk.count == 0) return nullptr;
      const auto begin = std::chrono::steady_clock::now();
      const Result<void> ran = options_.memo == nullptr ? run(chunk) : remember(chunk);
      if (!ran) return std::unexpected(ran.error());
      measure(chunk.count, std::chrono::steady_clock::now() - begin);
      conclude(chunk);
      job_.ended_.fetch_add(chunk.count, std::memory_order_relaxed);
      if (options_.memo == nullptr) give_back(std::move(chunk.buffer));
      return nullptr;
    });
    if (!worked) {
      chunk.drop();
      job_.engine_.interrupt();
    }
  }

  void finish(void* piece) noexcept override {
    const std::unique_ptr<Chunk> chunk(static_cast<Chunk*>(piece));
    if (ended_) return;
    const Result<void*> finished = guarded([&]() -> Result<void*> {
      if (chunk->error) return std::unexpected(*chunk->error);
      if (options_.file != nullptr && !chunk->rows.empty()) {
        const std::lock_guard lock(job_.file_mutex_);
        const Result<void> written = options_.file->write(chunk->rows);
        if (!written) return std::unexpected(written.error());
      }
      add(report_, reductions_, *chunk);
      if (options_.memo == nullptr) return nullptr;
      if (!chunk->keep.empty()) options_.memo->keep(chunk->keys, chunk->columns, chunk->keep);
      give_back(std::move(chunk->buffer));
      return nullptr;
    });
    if (finished && !chunk->cut) return;
    // What runs behind it is not needed any more.
    ended_ = true;
    report_.stopped = chunk->interrupted;
    job_.engine_.interrupt();
  }

  [[nodiscard]] std::optional<Error> failure() const {
    if (!failure_ && out_of_memory_.load()) return Error{Fault::Machine, "out of memory"};
    return failure_;
  }

 private:
  // What goes wrong ends the job; the first of it is what the job says. What is under way before it
  // may still end.
  template <class Body>
  Result<void*> guarded(Body body) noexcept {
    try {
      const Result<void*> result = body();
      if (!result) fail(result.error());
      return result;
    } catch (const std::bad_alloc&) {
      stop_.store(true);
      out_of_memory_.store(true);
      return no_memory();
    }
  }
  // (Nothing is allocated for it.)
  static Result<void*> no_memory() noexcept { return std::unexpected(Error{Fault::Machine, {}}); }

  void fail(const Error& error) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = error;
    stop_.store(true);
  }

  std::size_t chunk_size() {
    const std::uint64_t left = options_.tasks - next_;
    const std::uint64_t size = size_.load();
    std::uint64_t share = std::max(
        {std::uint64_t{grain_}, size / pace_.smallest_part, left / (4 * options_.threads)});
    if (unreadable_ > 0) {
      share = std::min(share, std::max<std::uint64_t>(1, (unreadable_ - next_) / 2));
    }
    return static_cast<std::size_t>(std::min({size, share, left}));
  }

  void measure(std::size_t count, std::chrono::nanoseconds time) {
    const auto task = static_cast<std::size_t>(time.count()) / std::max<std::size_t>(count, 1);
    const std::size_t wanted =
        static_cast<std::size_t>(pace_.chunk_time.count()) / std::max<std::size_t>(task, 1);
    const std::size_t most = std::max(grain_, std::min(most_, count * kFastestGrowth));
    size_.store(std::clamp<std::size_t>(wanted, grain_, most));
  }

  Result<void> read_all(Chunk& chunk) {
    chunk.columns = chunk.buffer->columns(chunk.count, arguments_, results_);
    for (const Source& source : job_.sources_) {
      columns_.clear();
      for (const std::uint32_t parameter : source.parameters) {
        columns_.push_back(chunk.buffer->arguments()[parameter]);
      }
      const Result<void> got = source.input->read(chunk.first, chunk.count, columns_);
      if (!got) return got;
    }
    return {};
  }

  // Tasks before one that cannot be read are run, as if there were nothing behind them: fewer and
  // fewer are tried, until that one stands alone. It ends the job when its turn comes.
  void read(Chunk& chunk) {
    for (;;) {
      const Result<void> got = read_all(chunk);
      if (got) return;
      if (chunk.count == 1) {
        chunk.drop();
        chunk.error = got.error();
        stop_.store(true);
        return;
      }
      unreadable_ = next_ + chunk.count;
      chunk.count /= 2;
    }
  }

  Result<Outcome> run(const Columns& columns) {
    return job_.engine_.run(
        {0, columns.count, columns.arguments, columns.results, columns.statuses});
  }

  Result<void> run(Chunk& chunk) {
    Result<Outcome> outcome = run(chunk.columns);
    if (!outcome) return std::unexpected(outcome.error());
    chunk.report = std::move(outcome->trap);
    return {};
  }

  // Only what the memo does not know is run, as tasks of a buffer of its own.
  Result<void> remember(Chunk& chunk) {
    const Columns& all = chunk.columns;
    std::vector<std::uint8_t>& known = chunk.known;
    known.assign(all.count, 0);
    chunk.keys = options_.memo->find(all, known);
    chunk.keep.assign(all.count, 0);
    const auto unknown = static_cast<std::size_t>(std::ranges::count(known, 0));
    if (unknown == 0) return {};
    std::unique_ptr<Buffer> buffer = take_buffer();
    const Columns few = buffer->columns(unknown, arguments_, results_);
    for (std::size_t k = 0; k < arguments_; ++k) {
      Cell* to = buffer->arguments()[k];
      for (std::size_t i = 0; i < all.count; ++i) {
        if (known[i] == 0) *to++ = all.arguments[k][i];
      }
    }
    const Result<Outcome> ran = run(few);
    if (!ran) return std::unexpected(ran.error());
    for (std::size_t i = 0, from = 0; i < all.count; ++i) {
      if (known[i] != 0) continue;
      all.statuses[i] = few.statuses[from];
      for (std::size_t k = 0; k < results_; ++k) all.results[k][i] = few.results[k][from];
      chunk.keep[i] = is_of_a_limit(static_cast<Trap>(all.statuses[i])) ? 0 : 1;
      ++from;
    }
    give_back(std::move(buffer));
    return {};
  }

  // From columns to what finish() needs.
  void conclude(Chunk& chunk) {
    const Columns& columns = chunk.columns;
    const std::uint8_t* const begin = columns.statuses;
    const std::uint8_t* const end = begin + columns.count;
    const bool all = std::all_of(begin, end, [](std::uint8_t status) { return status == 0; });
    if (all) {
      chunk.by_status[0] = columns.count;
    } else {
      cut(chunk);
      tally(chunk, columns);
    }
    for (std::size_t k = 0; k < reductions_.size(); ++k) {
      chunk.nodes.push_back(reductions_[k].nodes(chunk.first, {columns.results[k], chunk.count},
                                                 all ? nullptr : columns.statuses));
    }
    if (options_.format == nullptr) return;
    const std::vector<const Cell*> results = read_only(columns.results);
    options_.format->append({chunk.first, chunk.count, results, columns.statuses}, chunk.rows);
  }

  // A task that was interrupted has no outcome; behind one that ends the job there is nothing.
  void cut(Chunk& chunk) {
    const std::uint8_t* const begin = chunk.columns.statuses;
    const std::uint8_t* const end = begin + chunk.count;
    const std::uint8_t* const ends = std::find_if(begin, end, [&](std::uint8_t status) {
      return static_cast<Trap>(status) == Trap::Interrupted || (options_.fail_fast && status != 0);
    });
    if (ends == end) return;
    chunk.interrupted = static_cast<Trap>(*ends) == Trap::Interrupted;
    chunk.count = static_cast<std::size_t>(ends - begin) + (chunk.interrupted ? 0 : 1);
    chunk.cut = true;
    stop_.store(true);
  }

  std::unique_ptr<Buffer> take_buffer() {
    const std::lock_guard lock(buffers_mutex_);
    if (buffers_.empty()) return std::make_unique<Buffer>();
    std::unique_ptr<Buffer> buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }
  void give_back(std::unique_ptr<Buffer> buffer) {
    const std::lock_guard lock(buffers_mutex_);
    buffers_.push_back(std::move(buffer));
  }

  Job& job_;
  const JobOptions& options_;
  std::atomic<bool> stop_ = false;  // no chunk is begun any more

  std::mutex failure_mutex_;
  std::optional<Error> failure_;
  std::atomic<bool> out_of_memory_ = false;
  std::mutex buffers_mutex_;
  std::vector<std::unique_ptr<Buffer>> buffers_;

  // finish()'s alone.
  Report& report_;
  std::vector<Reduction>& reductions_;
  bool ended_ = false;

  // next()'s alone.
  std::uint64_t next_;
  std::uint64_t unreadable_ = 0;  // where not 0: one of the tasks up to there
  std::vector<Cell*> columns_;
  const std::size_t grain_;
  const Pace& pace_;
  std::atomic<std::size_t> size_;  // of the next chunk
  std::size_t most_ = 1;           // in a chunk
  std::size_t waiting_ = 1;
  const std::size_t arguments_;
  const std::size_t results_;
};

Job::Job(const ir::Program& program, Engine& engine, std::vector<Source> sources,
         const JobOptions& options)
    : program_(program), engine_(engine), sources_(std::move(sources)), options_(options) {}

// The rows that the file has are as good as if they were computed now. Whether there is more to do:
// not behind a trap that ends the job, and not where it was interrupted.
Result<bool> Job::resume(Report& report, std::vector<Reduction>& reductions) {
  Buffer buffer;
  const std::size_t results = program_.entry().results.size();
  for (;;) {
    if (engine_.interrupted()) {
      report.stopped = true;
      return false;
    }
    const std::size_t most = kOneByOne.tasks(results);
    const Columns columns = buffer.columns(most, 0, results);
    const Result<std::size_t> rows = options_.file->read(most, columns.results, columns.statuses);
    if (!rows) return std::unexpected(rows.error());
    if (*rows == 0) break;
    Chunk chunk;
    chunk.first = report.done;
    chunk.count = *rows;
    tally(chunk, columns);
    for (std::size_t k = 0; k < reductions.size(); ++k) {
      chunk.nodes.push_back(
          reductions[k].nodes(chunk.first, {columns.results[k], *rows}, columns.statuses));
    }
    add(report, reductions, chunk);
  }
  report.resumed = report.done;
  report.chunks = 0;
  if (!options_.fail_fast || report.trapped() == 0) return true;
  const std::uint64_t trapped = report.first.front().task;
  if (trapped + 1 == report.done) return false;
  return std::unexpected(
      Error{Fault::Usage, fmt::format("--fail-fast ends behind task {}, which trapped, and there "
                                      "are rows of {} tasks behind it already; without it the job "
                                      "goes on",
                                      trapped, report.done - trapped - 1)});
}

// A row does not say what its task's arguments were: the inputs do, again.
void Job::name_arguments(Report& report) {
  const std::size_t parameters = program_.entry().params.size();
  for (Trapped& trapped : report.first) {
    if (trapped.arguments.size() == parameters) continue;
    std::vector<Cell> cells(parameters);
    for (const Source& source : sources_) {
      std::vector<Cell*> columns;
      for (const std::uint32_t parameter : source.parameters) columns.push_back(&cells[parameter]);
      if (!source.input->read(trapped.task, 1, columns)) return;
    }
    trapped.arguments = std::move(cells);
  }
}

// Rows are not to wait in memory while a task takes long.
class Job::Flusher {
 public:
  explicit Flusher(Job& job) : job_(job) {
    if (job.options_.file == nullptr) return;
    try {
      thread_ = std::jthread([this](std::stop_token stop) { work(stop); });
    } catch (const std::system_error&) {
      // They wait for the next ones, then.
    }
  }

 private:
  void work(std::stop_token stop) {
    std::unique_lock lock(job_.file_mutex_);
    while (!stop.stop_requested()) {
      sleep_.wait_for(lock, stop, ResultFile::kPatience, [] { return false; });
      // What goes wrong does so again when the next rows are written.
      static_cast<void>(job_.options_.file->flush());
    }
  }

  Job& job_;
  std::condition_variable_any sleep_;
  std::jthread thread_;
};

Result<void> Job::work(Report& report, std::vector<Reduction>& reductions) {
  Stages stages(*this, report, reductions);
  {
    const Flusher flusher(*this);
    par::run(stages, options_.threads, stages.waiting());
  }
  if (const std::optional<Error> failure = stages.failure()) return std::unexpected(*failure);
  const bool ended = options_.fail_fast && report.trapped() > 0;
  if (report.done < options_.tasks && !ended) report.stopped = true;
  return {};
}

Result<Report> Job::run() {
  Report report;
  std::vector<Reduction> reductions;
  if (options_.reduce) {
    for (const Type type : program_.entry().results) {
      reductions.emplace_back(*options_.reduce, type);
    }
  }
  bool more = true;
  if (options_.file != nullptr) {
    const Result<bool> resumed = resume(report, reductions);
    if (!resumed) return std::unexpected(resumed.error());
    more = *resumed;
  }
  ended_.store(report.done);
  resumed_.store(report.done);
  Result<void> done;
  if (more) done = work(report, reductions);
  // The rows that there are stay good, whatever happened; those that were not even read, too.
  if (options_.file != nullptr && !(report.stopped && !more)) {
    const Result<void> kept = options_.file->finish(report.done);
    if (done && !kept) done = kept;
  }
  if (!done) return std::unexpected(done.error());
  name_arguments(report);
  for (const Reduction& reduction : reductions) report.reduced.push_back(reduction.total());
  return report;
}

}  // namespace rosetta::par
