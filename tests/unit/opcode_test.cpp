#include "isa/opcode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace rosetta {
namespace {

TEST(OpcodeTest, EveryRowIsFoundByItsByte) {
  int rows = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const OpcodeInfo* const row = find_opcode(static_cast<std::uint8_t>(byte));
    if (row == nullptr) continue;
    ++rows;
    EXPECT_EQ(static_cast<int>(row->opcode), byte) << row->mnemonic;
    EXPECT_EQ(&info(row->opcode), row) << row->mnemonic;
  }
  EXPECT_EQ(static_cast<std::size_t>(rows), all_opcodes().size());
}

TEST(OpcodeTest, EveryMnemonicNamesItsRow) {
  for (const OpcodeInfo& row : all_opcodes()) {
    EXPECT_FALSE(row.meaning.empty()) << row.mnemonic;
    const std::optional<Mnemonic> found = find_mnemonic(row.mnemonic);
    ASSERT_TRUE(found) << row.mnemonic;
    if (row.opcode == Opcode::PrintText) {
      EXPECT_TRUE(is_generic(*found));  // `print` alone is the generic one
      continue;
    }
    EXPECT_EQ(*found, mnemonic_of(row.opcode)) << row.mnemonic;
    EXPECT_EQ(name(*found), row.mnemonic);
    EXPECT_EQ(operand_kind(*found), row.operand) << row.mnemonic;
  }
}

// Bytes are what a function's identity is made of: none of these may ever change.
TEST(OpcodeTest, BytesAreFrozen) {
  const std::map<std::string_view, int> bytes = {
      {"trap", 0x00},      {"nop", 0x01},       {"halt", 0x06},        {"jumpifnot", 0x07},
      {"jump", 0x0c},      {"jumpif", 0x0d},    {"jumptable", 0x0e},   {"ret", 0x0f},
      {"call", 0x10},      {"tailcall", 0x12},  {"dup", 0x14},         {"swap", 0x15},
      {"over", 0x16},      {"rot", 0x17},       {"pop", 0x1a},         {"select", 0x1b},
      {"load", 0x20},      {"store", 0x21},     {"tee", 0x22},         {"i32.const", 0x41},
      {"f64.const", 0x44}, {"i32.eqz", 0x45},   {"i64.eqz", 0x50},     {"f64.ge", 0x66},
      {"i32.add", 0x6a},   {"i64.add", 0x7c},   {"f32.add", 0x92},     {"f64.copysign", 0xa6},
      {"i64.inv", 0xd6},   {"i32.print", 0xe1}, {"f64.print", 0xe4},   {"i64.extend32_s", 0xc4},
      {"i32.rotr", 0x78},  {"i64.rotr", 0x8a},  {"i32.wrap_i64", 0xa7}};
  for (const auto& [mnemonic, byte] : bytes) {
    EXPECT_EQ(static_cast<int>(find_mnemonic(mnemonic).value()), byte) << mnemonic;
  }
  EXPECT_EQ(static_cast<int>(Opcode::PrintText), 0xe0);
}

TEST(OpcodeTest, BytesKeptForWebAssemblyAreFree) {
  for (int byte = 0x23; byte <= 0x40; ++byte) {
    EXPECT_EQ(find_opcode(static_cast<std::uint8_t>(byte)), nullptr) << byte;
  }
  for (int byte = 0xfb; byte <= 0xfe; ++byte) {
    EXPECT_EQ(find_opcode(static_cast<std::uint8_t>(byte)), nullptr) << byte;
  }
}

TEST(OpcodeTest, RegularRowsSayWhatTheyTakeAndGive) {
  const struct {
    Opcode opcode;
    int arity;
    Type operand;
    Type result;
    bool traps;
    Nan nan;
  } cases[] = {
      {Opcode::I64Add, 2, Type::I64, Type::I64, false, Nan::Blind},
      {Opcode::I32DivS, 2, Type::I32, Type::I32, true, Nan::Blind},
      {Opcode::I64RemU, 2, Type::I64, Type::I64, true, Nan::Blind},
      {Opcode::F32Lt, 2, Type::F32, Type::I64, false, Nan::Blind},
      {Opcode::I32Eqz, 1, Type::I32, Type::I64, false, Nan::Blind},
      {Opcode::F64Sqrt, 1, Type::F64, Type::F64, false, Nan::Makes},
      {Opcode::F64Neg, 1, Type::F64, Type::F64, false, Nan::Keeps},
      {Opcode::F32Copysign, 2, Type::F32, Type::F32, false, Nan::Keeps},
      {Opcode::I32TruncF64U, 1, Type::F64, Type::I32, true, Nan::Blind},
      {Opcode::I32TruncSatF64U, 1, Type::F64, Type::I32, false, Nan::Blind},
      {Opcode::F64PromoteF32, 1, Type::F32, Type::F64, false, Nan::Makes},
      {Opcode::I64ReinterpretF64, 1, Type::F64, Type::I64, false, Nan::Keeps},
  };
  for (const auto& each : cases) {
    const OpcodeInfo& row = info(each.opcode);
    EXPECT_TRUE(row.regular) << row.mnemonic;
    EXPECT_EQ(row.arity, each.arity) << row.mnemonic;
    EXPECT_EQ(row.operand_type, each.operand) << row.mnemonic;
    EXPECT_EQ(row.result_type, each.result) << row.mnemonic;
    EXPECT_EQ(row.traps, each.traps) << row.mnemonic;
    EXPECT_EQ(row.nan, each.nan) << row.mnemonic;
  }
  EXPECT_FALSE(info(Opcode::Call).regular);
}

TEST(GenericTest, EveryOneResolvesToARowOfItsType) {
  for (const Generic& each : all_generics()) {
    EXPECT_FALSE(each.types.empty()) << each.mnemonic;
    for (const Type type : {Type::I64, Type::I32, Type::F64, Type::F32}) {
      if (!each.types.has(type)) continue;
      const Opcode exact = each.exact[static_cast<std::size_t>(type)];
      const OpcodeInfo& row = info(exact);
      if (exact == Opcode::Nop) {
        EXPECT_TRUE(each.mnemonic.starts_with("to_")) << each.mnemonic;
        EXPECT_EQ(each.mnemonic.substr(3, 3), name(type));
        continue;
      }
      EXPECT_EQ(row.operand_type, type) << each.mnemonic;
      if (row.regular) EXPECT_EQ(row.arity, each.arity) << each.mnemonic;
      EXPECT_EQ(row.operand, each.operand) << each.mnemonic;
    }
    const std::optional<Mnemonic> found = find_mnemonic(each.mnemonic);
    ASSERT_TRUE(found && is_generic(*found)) << each.mnemonic;
    EXPECT_EQ(&generic(*found), &each) << each.mnemonic;
    EXPECT_EQ(name(*found), each.mnemonic);
  }
}

TEST(GenericTest, MeansWhatTheLanguageSays) {
  const struct {
    std::string_view mnemonic;
    Type type;
    std::string_view exact;
    Generic::Gives gives;
  } cases[] = {
      {"add", Type::F32, "f32.add", Generic::Gives::Operand},
      {"div", Type::I64, "i64.div_s", Generic::Gives::Operand},
      {"mod", Type::I32, "i32.rem_s", Generic::Gives::Operand},
      {"shr", Type::I64, "i64.shr_s", Generic::Gives::Operand},
      {"lt", Type::F64, "f64.lt", Generic::Gives::Fixed},
      {"lt", Type::I32, "i32.lt_s", Generic::Gives::Fixed},
      {"not", Type::I32, "i32.eqz", Generic::Gives::Fixed},
      {"to_i32", Type::I64, "i32.wrap_i64", Generic::Gives::Fixed},
      {"to_i64", Type::I64, "nop", Generic::Gives::Fixed},
      {"to_f32_u", Type::F64, "f32.demote_f64", Generic::Gives::Fixed},
      {"to_i64_sat_u", Type::F32, "i64.trunc_sat_f32_u", Generic::Gives::Fixed},
      {"bits", Type::F32, "i32.reinterpret_f32", Generic::Gives::Bits},
      {"bits", Type::I64, "f64.reinterpret_i64", Generic::Gives::Bits},
      {"print", Type::F32, "f32.print", Generic::Gives::Nothing},
      {"push", Type::I32, "i32.const", Generic::Gives::Operand},
  };
  for (const auto& each : cases) {
    const Generic& row = generic(find_mnemonic(each.mnemonic).value());
    EXPECT_EQ(info(row.exact[static_cast<std::size_t>(each.type)]).mnemonic, each.exact);
    EXPECT_EQ(row.gives, each.gives) << each.mnemonic;
    if (row.gives == Generic::Gives::Fixed) {
      EXPECT_EQ(row.fixed, each.mnemonic.starts_with("to_i32")   ? Type::I32
                           : each.mnemonic.starts_with("to_f32") ? Type::F32
                                                                 : Type::I64);
    }
  }
  EXPECT_FALSE(generic(find_mnemonic("sqrt").value()).types.has(Type::I64));
  EXPECT_FALSE(generic(find_mnemonic("mod").value()).types.has(Type::F64));
}

TEST(GenericTest, NamesOfOpcodes) {
  const std::map<Opcode, std::string_view> names = {{Opcode::I64Add, "add"},
                                                    {Opcode::I32RemU, "mod_u"},
                                                    {Opcode::F64Const, "push"},
                                                    {Opcode::I32WrapI64, "to_i32"},
                                                    {Opcode::F32DemoteF64, "to_f32"},
                                                    {Opcode::F32Print, "print"},
                                                    {Opcode::I32Extend8S, ""},
                                                    {Opcode::Nop, ""},
                                                    {Opcode::I64ReinterpretF64, "bits"}};
  for (const auto& [opcode, bare] : names) EXPECT_EQ(generic_name(opcode), bare);
  for (const OpcodeInfo& row : all_opcodes()) {
    const std::string_view bare = generic_name(row.opcode);
    if (bare.empty()) continue;
    const Generic& meant = generic(find_mnemonic(bare).value());
    EXPECT_EQ(meant.exact[static_cast<std::size_t>(row.operand_type)], row.opcode) << bare;
  }
}

TEST(MnemonicTest, Aliases) {
  EXPECT_EQ(find_mnemonic("jmp"), mnemonic_of(Opcode::Jump));
  EXPECT_EQ(find_mnemonic("jt"), mnemonic_of(Opcode::JumpIf));
  EXPECT_EQ(find_mnemonic("jf"), mnemonic_of(Opcode::JumpIfNot));
}

TEST(MnemonicTest, NothingElseIsOne) {
  for (const std::string_view word : {"", "PUSH", "local.get", "drop", "i64.sqrt", "i64", "local",
                                      "i64.load", "eqz", "rem", "push "}) {
    EXPECT_FALSE(find_mnemonic(word)) << word;
  }
}

TEST(MnemonicTest, EverySpellingIsListedOnce) {
  std::set<std::string_view> listed;
  for (const std::string_view spelling : all_spellings()) {
    EXPECT_TRUE(find_mnemonic(spelling)) << spelling;
    EXPECT_TRUE(listed.insert(spelling).second) << spelling;
  }
  for (const std::string_view word : {"jmp", "add", "i64.add", "print", "select"}) {
    EXPECT_TRUE(listed.contains(word)) << word;
  }
}

TEST(CasesTest, EveryOpcodeHasAFile) {
  for (const OpcodeInfo& row : all_opcodes()) {
    std::string file(row.mnemonic);
    std::ranges::replace(file, '.', '_');
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(ROSETTAVM_CASES) / (file + ".rvm")))
        << file;
  }
}

}  // namespace
}  // namespace rosetta
