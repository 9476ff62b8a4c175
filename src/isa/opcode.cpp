// Rows become tables when this file is compiled: opcodes by byte, and generics by gathering the
// rows that share a bare mnemonic. What the rows must have in common is checked on the way, so a
// row that does not fit is a compile-time error here.
#include "isa/opcode.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "isa/signature.h"
#include "isa/trap.h"

namespace rosetta {
namespace {

static_assert(static_cast<int>(Trap::IntegerDivideByZero) == RV_TRAP_DIVIDE_BY_ZERO);
static_assert(static_cast<int>(Trap::IntegerOverflow) == RV_TRAP_OVERFLOW);
static_assert(static_cast<int>(Trap::InvalidConversion) == RV_TRAP_INVALID_CONVERSION);

template <class F>
constexpr OpcodeInfo regular(Opcode opcode, std::string_view mnemonic, std::string_view meaning,
                             bool traps, Nan nan) {
  using S = Signature<F>;
  OpcodeInfo row{opcode, mnemonic, meaning};
  row.regular = true;
  row.arity = S::kArity;
  row.operand_type = type_of<typename S::Operand>();
  row.result_type = type_of<typename S::Result>();
  row.traps = traps;
  row.nan = nan;
  return row;
}

constexpr OpcodeInfo typed(Opcode opcode, std::string_view mnemonic, std::string_view meaning,
                           OperandKind operand, Type type) {
  OpcodeInfo row{opcode, mnemonic, meaning, operand};
  row.operand_type = row.result_type = type;
  return row;
}

using namespace signature;
constexpr bool Total = false;
constexpr bool Tests = false;
constexpr bool Traps = true;

constexpr OpcodeInfo kOpcodes[] = {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  regular<signature>(Opcode::name, mnemonic, meaning, traps, Nan::nan),
#define RV_IRREGULAR(byte, name, mnemonic, operand, flow, meaning) \
  {Opcode::name, mnemonic, meaning, OperandKind::operand, Flow::flow},
#define RV_CONST(byte, name, mnemonic, type) \
  typed(Opcode::name, mnemonic, "pushes a constant", OperandKind::Literal, Type::type),
#define RV_PRINT(byte, name, mnemonic, type)                                             \
  typed(Opcode::name, mnemonic, "pops a value and prints it, a line", OperandKind::None, \
        Type::type),
#include "isa/opcodes.def"
};
constexpr std::size_t kCount = std::size(kOpcodes);

constexpr std::uint8_t kNoRow = 0xff;
static_assert(kCount < kNoRow);

consteval std::array<std::uint8_t, 256> rows_by_byte() {
  std::array<std::uint8_t, 256> rows{};
  rows.fill(kNoRow);
  for (std::size_t i = 0; i < kCount; ++i) {
    std::uint8_t& row = rows[static_cast<std::uint8_t>(kOpcodes[i].opcode)];
    if (row != kNoRow) throw "two rows of opcodes.def have one byte";
    row = static_cast<std::uint8_t>(i);
  }
  return rows;
}
constexpr std::array<std::uint8_t, 256> kRowByByte = rows_by_byte();

// One row's claim to a bare mnemonic (or several, separated by spaces).
struct Claim {
  std::string_view mnemonics;
  Opcode exact;
  std::uint8_t arity;
  Type type;
  bool gives;
  Type result;
  bool identity = false;
  OperandKind operand = OperandKind::None;
};

constexpr Claim kClaims[] = {
#define RV_REGULAR(byte, name, mnemonic, function, signature, traps, nan, generics, meaning) \
  {generics,                                                                                 \
   Opcode::name,                                                                             \
   Signature<signature>::kArity,                                                             \
   type_of<Signature<signature>::Operand>(),                                                 \
   true,                                                                                     \
   type_of<Signature<signature>::Result>()},
#define RV_CONST(byte, name, mnemonic, type) \
  {"push", Opcode::name, 0, Type::type, true, Type::type, false, OperandKind::Literal},
#define RV_PRINT(byte, name, mnemonic, type) \
  {"print", Opcode::name, 1, Type::type, false, Type::type},
#define RV_IDENTITY(generic, type) {generic, Opcode::Nop, 1, Type::type, true, Type::type, true},
#include "isa/opcodes.def"
};

constexpr Type other_side(Type type) {
  switch (type) {
    case Type::I64: return Type::F64;
    case Type::I32: return Type::F32;
    case Type::F64: return Type::I64;
    case Type::F32: return Type::I32;
  }
  return type;
}

// Calls use(mnemonic, claim) for each bare mnemonic of each row.
template <class Use>
constexpr void each_claim(Use use) {
  for (const Claim& claim : kClaims) {
    std::string_view rest = claim.mnemonics;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      use(rest.substr(0, end), claim);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

constexpr std::size_t kMostGenerics = 128;
struct Generics {
  std::array<Generic, kMostGenerics> all{};
  std::size_t count = 0;
};

consteval Generics gather() {
  Generics generics;
  const auto find = [&](std::string_view mnemonic) -> Generic& {
    for (std::size_t i = 0; i < generics.count; ++i) {
      if (generics.all[i].mnemonic == mnemonic) return generics.all[i];
    }
    generics.all[generics.count].mnemonic = mnemonic;
    return generics.all[generics.count++];
  };
  each_claim([&](std::string_view mnemonic, const Claim& claim) {
    Generic& generic = find(mnemonic);
    if (generic.types.has(claim.type)) throw "two rows claim one bare mnemonic for one type";
    if (!generic.types.empty() && generic.arity != claim.arity) throw "operands differ in number";
    generic.types = generic.types | claim.type;
    generic.arity = claim.arity;
    generic.operand = claim.operand;
    generic.exact[static_cast<std::size_t>(claim.type)] = claim.exact;
  });
  // The rule for the result is the one that holds for every row of the generic.
  for (std::size_t i = 0; i < generics.count; ++i) {
    Generic& generic = generics.all[i];
    bool nothing = true, operand = true, bits = true, fixed = true, first = true;
    each_claim([&](std::string_view mnemonic, const Claim& claim) {
      if (mnemonic != generic.mnemonic) return;
      if (first) generic.fixed = claim.result;
      first = false;
      nothing = nothing && !claim.gives;
      operand = operand && claim.gives && claim.result == claim.type;
      bits = bits && claim.gives && claim.result == other_side(claim.type);
      fixed = fixed && claim.gives && claim.result == generic.fixed;
    });
    using Gives = Generic::Gives;
    if (!nothing && !operand && !bits && !fixed) throw "results of a bare mnemonic follow no rule";
    generic.gives = nothing   ? Gives::Nothing
                    : operand ? Gives::Operand
                    : bits    ? Gives::Bits
                              : Gives::Fixed;
  }
  return generics;
}
constexpr Generics kGenerics = gather();

consteval std::array<std::string_view, 256> generic_names() {
  std::array<std::string_view, 256> names{};
  each_claim([&](std::string_view mnemonic, const Claim& claim) {
    std::string_view& found = names[static_cast<std::uint8_t>(claim.exact)];
    if (found.empty() && !claim.identity) found = mnemonic;
  });
  return names;
}
constexpr std::array<std::string_view, 256> kGenericName = generic_names();

// The spellings of the text. Made at first use, so a process that parses nothing pays nothing.
struct Spellings {
  std::unordered_map<std::string_view, Mnemonic> by_name;
  std::vector<std::string_view> all;

  void add(std::string_view spelling, Mnemonic mnemonic) {
    if (by_name.emplace(spelling, mnemonic).second) all.push_back(spelling);
  }
  Spellings() {
    by_name.reserve(512);
    for (std::size_t i = 0; i < kGenerics.count; ++i) {
      add(kGenerics.all[i].mnemonic, static_cast<Mnemonic>(256 + i));
    }
    for (const OpcodeInfo& row : kOpcodes) add(row.mnemonic, mnemonic_of(row.opcode));
#define RV_ALIAS(alias, mnemonic) add(alias, by_name.at(mnemonic));
#include "isa/opcodes.def"
  }
};

const Spellings& spellings() {
  static const Spellings made;
  return made;
}

}  // namespace

const OpcodeInfo* find_opcode(std::uint8_t byte) {
  return kRowByByte[byte] == kNoRow ? nullptr : &kOpcodes[kRowByByte[byte]];
}

const OpcodeInfo& info(Opcode opcode) {
  return kOpcodes[kRowByByte[static_cast<std::uint8_t>(opcode)]];
}

std::span<const OpcodeInfo> all_opcodes() { return kOpcodes; }

std::span<const Generic> all_generics() { return std::span(kGenerics.all).first(kGenerics.count); }

const Generic& generic(Mnemonic mnemonic) {
  return kGenerics.all[static_cast<std::size_t>(mnemonic) - 256];
}

OperandKind operand_kind(Mnemonic mnemonic) {
  return is_generic(mnemonic) ? generic(mnemonic).operand
                              : info(static_cast<Opcode>(mnemonic)).operand;
}

std::string_view name(Mnemonic mnemonic) {
  return is_generic(mnemonic) ? generic(mnemonic).mnemonic
                              : info(static_cast<Opcode>(mnemonic)).mnemonic;
}

std::optional<Mnemonic> find_mnemonic(std::string_view spelling) {
  const auto& names = spellings().by_name;
  const auto found = names.find(spelling);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

std::span<const std::string_view> all_spellings() { return spellings().all; }

std::string_view generic_name(Opcode opcode) {
  return kGenericName[static_cast<std::uint8_t>(opcode)];
}

}  // namespace rosetta
