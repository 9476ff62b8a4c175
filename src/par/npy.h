// The header of NumPy's .npy files, versions 1.0, 2.0 and 3.0: read strictly, and made.
//
// A message says what is wrong with the header; the caller knows the file. What is allocated is
// bounded by the header's own bytes, whatever they say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/type.h"

namespace rosetta::par {

enum class NpyKind : std::uint8_t { Signed, Unsigned, Float, Bool };

// A number in an array: of a plain array its only field, which has no name.
struct NpyField {
  std::string name;
  NpyKind kind = NpyKind::Signed;
  std::uint8_t bytes = 0;
  bool big_endian = false;
  std::size_t offset = 0;  // in its element
};

std::string dtype_name(const NpyField& field);  // as NumPy calls it: "float64"
std::string dtype_code(const NpyField& field);  // as a header has it: "<f8"

struct NpyHeader {
  bool structured = false;
  std::vector<NpyField> fields;
  std::size_t element_bytes = 0;  // with the padding of a structured array
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};

// The first bytes, which say how long the header is, up to the data, themselves included.
inline constexpr std::size_t kNpyPrefix = 12;
inline constexpr std::size_t kNpyLongestHeader = std::size_t{1} << 22;
std::expected<std::size_t, std::string> npy_header_size(std::string_view prefix);

// A whole header, from the magic to the data.
std::expected<NpyHeader, std::string> parse_npy_header(std::string_view header);

// The header of a one-dimensional array of packed records, as long for every number of rows. The
// names need no escapes.
struct NpyColumn {
  std::string name;
  std::string_view code;
};
std::string make_npy_header(std::span<const NpyColumn> columns, std::uint64_t rows);
// Whether `bytes` are the beginning of such a header, or a whole one, for some number of rows.
bool begins_npy_header(std::span<const NpyColumn> columns, std::string_view bytes);

}  // namespace rosetta::par
