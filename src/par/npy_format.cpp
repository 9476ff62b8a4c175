#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "isa/trap.h"
#include "par/format.h"
#include "par/npy.h"

namespace rosetta::par {
namespace {

static_assert(std::endian::native == std::endian::little);

std::string_view code_of(Type type) {
  constexpr std::string_view kCodes[kTypes] = {"<i8", "<i4", "<f8", "<f4"};
  return kCodes[static_cast<int>(type)];
}

std::size_t bytes_of(Type type) { return is_wide(type) ? 8 : 4; }

template <std::size_t kBytes>
void put(const Cell* cells, const std::uint8_t* statuses, std::size_t count, char* to,
         std::size_t stride) {
  for (std::size_t i = 0; i < count; ++i, to += stride) {
    const Cell cell = statuses[i] == 0 ? cells[i] : 0;
    std::memcpy(to, &cell, kBytes);
  }
}

class NpyFormat : public Format {
 public:
  explicit NpyFormat(std::span<const Type> results) : types_(results.begin(), results.end()) {
    std::vector<std::string> names = result_names(types_.size());
    for (std::size_t k = 0; k < types_.size(); ++k) {
      columns_.push_back({std::move(names[k]), code_of(types_[k])});
      record_ += bytes_of(types_[k]);
    }
    columns_.push_back({"status", "|u1"});
    record_ += 1;
  }

  [[nodiscard]] std::string head(std::uint64_t rows) const override {
    return make_npy_header(columns_, rows);
  }
  [[nodiscard]] bool begins(std::string_view bytes) const override {
    return begins_npy_header(columns_, bytes);
  }
  [[nodiscard]] std::size_t longest_row() const override { return record_; }
  void append(const Rows& rows, std::string& to) const override;
  [[nodiscard]] Result<Read> read(std::string_view bytes, std::uint64_t first, std::size_t most,
                                  std::span<Cell* const> results,
                                  std::uint8_t* statuses) const override;

 private:
  std::vector<Type> types_;
  std::vector<NpyColumn> columns_;
  std::size_t record_ = 0;  // bytes
};

void NpyFormat::append(const Rows& rows, std::string& to) const {
  const std::size_t before = to.size();
  const std::size_t size = before + rows.count * record_;
  const auto fill = [&](char* bytes, std::size_t /*capacity, with libstdc++ 12*/) {
    char* at = bytes + before;
    for (std::size_t k = 0; k < types_.size(); ++k) {
      const auto put_all = is_wide(types_[k]) ? put<8> : put<4>;
      put_all(rows.results[k], rows.statuses, rows.count, at, record_);
      at += bytes_of(types_[k]);
    }
    for (std::size_t i = 0; i < rows.count; ++i) {
      at[i * record_] = static_cast<char>(rows.statuses[i]);
    }
    return size;
  };
  to.resize_and_overwrite(size, fill);
}

Result<Format::Read> NpyFormat::read(std::string_view bytes, std::uint64_t first, std::size_t most,
                                     std::span<Cell* const> results, std::uint8_t* statuses) const {
  const std::size_t rows = std::min(most, bytes.size() / record_);
  const char* at = bytes.data();
  for (std::size_t i = 0; i < rows; ++i, at += record_) {
    const auto status = static_cast<std::uint8_t>(at[record_ - 1]);
    Cell any = 0;
    const char* from = at;
    for (std::size_t k = 0; k < types_.size(); ++k) {
      Cell cell = 0;
      std::memcpy(&cell, from, bytes_of(types_[k]));
      from += bytes_of(types_[k]);
      results[k][i] = cell;
      any |= cell;
    }
    statuses[i] = status;
    if (status < kTrapNames.size() && (status == 0 || any == 0)) continue;
    return std::unexpected(
        Error{Fault::Machine,
              status < kTrapNames.size()
                  ? fmt::format("row {} is of a trapped task, and has a result", first + i)
                  : fmt::format("row {} has the status {}; the greatest is {}", first + i, status,
                                kTrapNames.size() - 1)});
  }
  return Read{rows, rows * record_};
}

}  // namespace

std::unique_ptr<Format> npy_format(std::span<const Type> results) {
  return std::make_unique<NpyFormat>(results);
}

}  // namespace rosetta::par
