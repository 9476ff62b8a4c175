#include "fuzz/rows.h"

#include <string_view>

namespace fuzz {
namespace {

// `signature` is the table's own spelling: result(operand, operand).
Row make_row(const char* mnemonic, std::string_view signature, std::string_view traps) {
  Row row{mnemonic, type_named(signature.substr(0, 3)), {}, traps == "Traps"};
  for (std::size_t at = 4; at + 3 <= signature.size(); at += 5) {
    row.operands.push_back(type_named(signature.substr(at, 3)));
  }
  return row;
}

}  // namespace

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> result;
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  for (int i = 0; i < (std::string_view(#nan) == "Keeps" ? 3 : 1); ++i) {                    \
    result.push_back(make_row(mnemonic, #signature, #traps));                                \
  }
#include "isa/opcodes.def"
    return result;
  }();
  return all;
}

}  // namespace fuzz
