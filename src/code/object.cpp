#include "code/object.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "code/bytes.h"
#include "isa/opcode.h"

namespace rosetta {
namespace {

constexpr std::string_view kMagic = "RVM";

// WebAssembly's bytes for types.
constexpr std::uint8_t byte_of(Type type) {
  constexpr std::uint8_t kBytes[kTypes] = {0x7e, 0x7f, 0x7c, 0x7d};
  return kBytes[static_cast<std::size_t>(type)];
}

constexpr std::uint8_t kByHash = 0;
constexpr std::uint8_t kInner = 1;

void put_types(std::string& to, std::span<const Type> types) {
  put_number(to, types.size());
  for (const Type type : types) put_byte(to, byte_of(type));
}

void put_literal(std::string& to, Type type, Cell cell) {
  switch (type) {
    case Type::I64: return put_signed(to, static_cast<std::int64_t>(cell));
    case Type::I32: return put_signed(to, static_cast<std::int32_t>(cell));
    case Type::F64: return put_little(to, cell, 8);
    case Type::F32: return put_little(to, cell, 4);
  }
}

void put_instruction(std::string& to, const Instruction& instruction, const Function& function) {
  const OpcodeInfo& row = info(instruction.opcode);
  put_byte(to, static_cast<std::uint8_t>(instruction.opcode));
  switch (row.operand) {
    case OperandKind::None:
    case OperandKind::Callee: return;
    case OperandKind::Local:
    case OperandKind::Target: return put_number(to, instruction.operand);
    case OperandKind::Literal: return put_literal(to, row.operand_type, instruction.constant);
    case OperandKind::Table: {
      const std::span<const std::uint32_t> table = function.table(instruction.operand);
      put_number(to, table.size());
      for (const std::uint32_t target : table) put_number(to, target);
      return;
    }
    case OperandKind::Text: {
      const std::string_view text = function.text(instruction.operand);
      put_number(to, text.size());
      to += text;
      return;
    }
  }
}

class NodeReader {
 public:
  explicit NodeReader(ByteReader& reader) : reader_(reader) {}

  Node read(std::uint64_t members);

 private:
  void types(std::vector<Type>& types, std::string_view what);
  void instruction();
  std::uint32_t local();
  Cell literal(Type type);
  Reference reference(std::uint64_t members);

  ByteReader& reader_;
  Node node_;
  std::size_t used_locals_ = 0;
};

void NodeReader::types(std::vector<Type>& types, std::string_view what) {
  const std::uint64_t count = reader_.number(Function::kMostCells);
  for (std::uint64_t i = 0; i < count && !reader_.failed(); ++i) {
    const std::uint8_t byte = reader_.byte();
    std::optional<Type> found;
    for (const Type type : {Type::I64, Type::I32, Type::F64, Type::F32}) {
      if (byte_of(type) == byte) found = type;
    }
    if (!found) return reader_.fail(fmt::format("0x{:02x} is no type of a {}", byte, what));
    types.push_back(*found);
  }
}

// Locals are numbered as they are first used, and all are.
std::uint32_t NodeReader::local() {
  const std::size_t params = node_.parts.params.size();
  const std::uint64_t number = reader_.number(Function::kMostCells);
  if (number >= params && number - params >= used_locals_) {
    if (number - params > used_locals_) reader_.fail("a local is numbered out of order");
    if (++used_locals_ > node_.parts.locals.size()) reader_.fail("there is no such local");
  }
  return static_cast<std::uint32_t>(number);
}

Cell NodeReader::literal(Type type) {
  switch (type) {
    case Type::I64: return static_cast<Cell>(reader_.signed_number(64));
    case Type::I32: return static_cast<std::uint32_t>(reader_.signed_number(32));
    case Type::F64: return reader_.little(8);
    case Type::F32: return reader_.little(4);
  }
  return 0;
}

void NodeReader::instruction() {
  constexpr std::uint64_t kMostIndex = 0xffff'ffff;
  FunctionParts& parts = node_.parts;
  const std::uint8_t byte = reader_.byte();
  const OpcodeInfo* const row = find_opcode(byte);
  if (row == nullptr) return reader_.fail(fmt::format("0x{:02x} is no opcode", byte));
  Instruction& to = parts.code.emplace_back();
  to.opcode = row->opcode;
  switch (row->operand) {
    case OperandKind::None: break;
    case OperandKind::Callee:
      to.operand = static_cast<std::uint32_t>(parts.callees.size());
      parts.callees.push_back(to.operand);
      break;
    case OperandKind::Local: to.operand = local(); break;
    case OperandKind::Target:
      to.operand = static_cast<std::uint32_t>(reader_.number(kMostIndex));
      break;
    case OperandKind::Literal: to.constant = literal(row->operand_type); break;
    case OperandKind::Table: {
      to.operand = static_cast<std::uint32_t>(parts.tables.size());
      std::vector<std::uint32_t>& table = parts.tables.emplace_back();
      const std::uint64_t count = reader_.number(kMostIndex);
      if (count == 0) reader_.fail("a jumptable has no target");
      for (std::uint64_t i = 0; i < count && !reader_.failed(); ++i) {
        table.push_back(static_cast<std::uint32_t>(reader_.number(kMostIndex)));
      }
      break;
    }
    case OperandKind::Text:
      to.operand = static_cast<std::uint32_t>(parts.texts.size());
      parts.texts.emplace_back(reader_.take(reader_.number(kMostIndex)));
      break;
  }
}

Reference NodeReader::reference(std::uint64_t members) {
  Reference reference;
  const std::uint8_t byte = reader_.byte();
  if (byte == kInner && members > 0) {
    reference.inner = true;
    reference.place = static_cast<std::uint32_t>(reader_.number(members - 1));
  } else if (byte == kByHash) {
    const std::string_view bytes = reader_.take(reference.hash.bytes.size());
    if (!reader_.failed()) std::memcpy(reference.hash.bytes.data(), bytes.data(), bytes.size());
  } else {
    reader_.fail(fmt::format("0x{:02x} is no reference", byte));
  }
  return reference;
}

Node NodeReader::read(std::uint64_t members) {
  types(node_.parts.params, "parameter");
  types(node_.parts.results, "result");
  types(node_.parts.locals, "local");
  const std::uint64_t size = reader_.number(0xffff'ffff);
  for (std::uint64_t i = 0; i < size && !reader_.failed(); ++i) instruction();
  if (used_locals_ != node_.parts.locals.size()) reader_.fail("a local is not used");
  const std::uint64_t sites = reader_.number(0xffff'ffff);
  if (sites != node_.parts.callees.size()) {
    reader_.fail(
        fmt::format("the call sites are {} and the callees {}", node_.parts.callees.size(), sites));
  }
  for (std::uint64_t i = 0; i < sites && !reader_.failed(); ++i) {
    node_.callees.push_back(reference(members));
  }
  return std::move(node_);
}

}  // namespace

void put_body(std::string& to, const Function& function) {
  put_types(to, function.params());
  put_types(to, function.results());
  put_types(to, function.locals());
  put_number(to, function.code().size());
  for (const Instruction& instruction : function.code()) put_instruction(to, instruction, function);
}

std::optional<ObjectKind> kind_of(std::string_view bytes) {
  if (bytes.size() <= kMagic.size() || !bytes.starts_with(kMagic)) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>(bytes[kMagic.size()]);
  if (kind > static_cast<std::uint8_t>(ObjectKind::Member)) return std::nullopt;
  return static_cast<ObjectKind>(kind);
}

void put_tag(std::string& to, ObjectKind kind) {
  to += kMagic;
  put_byte(to, static_cast<std::uint8_t>(kind));
  put_byte(to, kLanguageVersion);
}

void put_reference(std::string& to, const Reference& reference) {
  if (reference.inner) {
    put_byte(to, kInner);
    put_number(to, reference.place);
  } else {
    put_byte(to, kByHash);
    to.append(reinterpret_cast<const char*>(reference.hash.bytes.data()),
              reference.hash.bytes.size());
  }
}

std::string member_object(const Hash& component, std::uint32_t place) {
  std::string bytes;
  put_tag(bytes, ObjectKind::Member);
  bytes.append(reinterpret_cast<const char*>(component.bytes.data()), component.bytes.size());
  put_number(bytes, place);
  return bytes;
}

std::expected<Object, std::string> decode_object(std::string_view bytes) {
  ByteReader reader(bytes);
  Object object;
  if (reader.take(kMagic.size()) != kMagic) reader.fail("it does not begin with `RVM`");
  const std::uint8_t kind = reader.byte();
  const std::uint8_t version = reader.byte();
  if (version != kLanguageVersion && !reader.failed()) {
    reader.fail(fmt::format("it has version {} of the format; this program knows version {}",
                            version, kLanguageVersion));
  }
  constexpr std::uint64_t kMostMembers = 0xffff'ffff;
  const std::optional<ObjectKind> named = kind_of(bytes);
  if (!named) {
    reader.fail(fmt::format("{} is no kind of object", kind));
    return std::unexpected(reader.failure());
  }
  object.kind = *named;
  switch (*named) {
    case ObjectKind::Function: object.nodes.push_back(NodeReader(reader).read(0)); break;
    case ObjectKind::Component: {
      const std::uint64_t count = reader.number(kMostMembers);
      if (count == 0) reader.fail("a component has no members");
      for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) {
        object.nodes.push_back(NodeReader(reader).read(count));
      }
      break;
    }
    case ObjectKind::Member: {
      const std::string_view component = reader.take(object.component.bytes.size());
      if (reader.failed()) break;
      std::memcpy(object.component.bytes.data(), component.data(), component.size());
      object.place = static_cast<std::uint32_t>(reader.number(kMostMembers));
      break;
    }
  }
  if (reader.left() > 0) reader.fail("it goes on behind its end");
  if (reader.failed()) return std::unexpected(reader.failure());
  return object;
}

}  // namespace rosetta
