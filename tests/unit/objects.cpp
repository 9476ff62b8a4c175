#include "unit/objects.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "code/bytes.h"
#include "code/identity.h"

namespace rosetta {
namespace {

void put_types(std::string& to, const std::vector<Type>& types) {
  put_number(to, types.size());
  for (const Type type : types) {
    switch (type) {
      case Type::I32: put_byte(to, 0x7f); break;
      case Type::I64: put_byte(to, 0x7e); break;
      case Type::F32: put_byte(to, 0x7d); break;
      case Type::F64: put_byte(to, 0x7c); break;
    }
  }
}

void put_instruction(std::string& to, const Instruction& instruction, const FunctionParts& parts) {
  put_byte(to, static_cast<std::uint8_t>(instruction.opcode));
  switch (info(instruction.opcode).operand) {
    case OperandKind::None:
    case OperandKind::Callee: break;
    case OperandKind::Local:
    case OperandKind::Target: put_number(to, instruction.operand); break;
    case OperandKind::Table:
      put_number(to, parts.tables[instruction.operand].size());
      for (const std::uint32_t target : parts.tables[instruction.operand]) put_number(to, target);
      break;
    case OperandKind::Text:
      put_number(to, parts.texts[instruction.operand].size());
      to += parts.texts[instruction.operand];
      break;
    case OperandKind::Literal: break;
  }
  switch (instruction.opcode) {
    case Opcode::I32Const: put_signed(to, static_cast<std::int32_t>(instruction.constant)); break;
    case Opcode::I64Const: put_signed(to, static_cast<std::int64_t>(instruction.constant)); break;
    case Opcode::F32Const: put_little(to, instruction.constant, 4); break;
    case Opcode::F64Const: put_little(to, instruction.constant, 8); break;
    default: break;  // of opcodes; no other has a literal
  }
}

}  // namespace

Result<std::optional<std::string>> MemoryLibrary::find(const Hash& hash) {
  const auto found = objects.find(hash);
  if (found == objects.end()) return std::nullopt;
  return found->second;
}

Result<Hash> MemoryLibrary::resolve(std::string_view digits) {
  const auto [first, last] = hash_range(digits);
  std::vector<Hash> found;
  for (auto at = objects.lower_bound(first); at != objects.end() && at->first <= last; ++at) {
    const auto object = decode_object(at->second);
    if (object && object->kind != ObjectKind::Component) found.push_back(at->first);
  }
  if (found.size() == 1) return found.front();
  return std::unexpected(
      Error{Fault::Program, fmt::format("{} functions begin with #{}", found.size(), digits)});
}

Hash MemoryLibrary::add(std::string bytes) {
  const Hash hash = blake3(bytes);
  objects[hash] = std::move(bytes);
  return hash;
}

std::vector<Hash> MemoryLibrary::add(std::span<const Function> functions) {
  return identify(functions,
                  [&](const Hash& hash, std::string_view bytes) { objects[hash] = bytes; });
}

std::string encode(const Node& node, bool blank) {
  std::string bytes;
  put_types(bytes, node.parts.params);
  put_types(bytes, node.parts.results);
  put_types(bytes, node.parts.locals);
  put_number(bytes, node.parts.code.size());
  for (const Instruction& instruction : node.parts.code) {
    put_instruction(bytes, instruction, node.parts);
  }
  put_number(bytes, node.callees.size());
  for (const Reference& reference : node.callees) {
    if (blank && reference.inner) {
      put_byte(bytes, 1);
    } else {
      put_reference(bytes, reference);
    }
  }
  return bytes;
}

std::string encode(const Object& object) {
  if (object.kind == ObjectKind::Member) return member_object(object.component, object.place);
  std::string bytes;
  put_tag(bytes, object.kind);
  if (object.kind == ObjectKind::Component) put_number(bytes, object.nodes.size());
  for (const Node& node : object.nodes) bytes += encode(node, false);
  return bytes;
}

std::vector<Hash> add_component(MemoryLibrary& library, const Object& component) {
  const Hash hash = library.add(encode(component));
  std::vector<Hash> members;
  for (std::uint32_t place = 0; place < component.nodes.size(); ++place) {
    members.push_back(library.add(member_object(hash, place)));
  }
  return members;
}

std::string bytes_of(std::string_view hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string bytes;
  std::size_t digits = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    const auto value = static_cast<unsigned char>(kDigits.find(c));
    if (digits++ % 2 == 0) {
      bytes += static_cast<char>(value << 4);
    } else {
      bytes.back() = static_cast<char>(bytes.back() | value);
    }
  }
  return bytes;
}

std::vector<Function> functions_of(std::string_view text) {
  Assembly assembly = assemble(text);
  if (!assembly.errors.empty()) ADD_FAILURE() << assembly.errors[0].message << "\n" << text;
  if (assembly.functions.empty()) assembly = assemble("fn missing() { trap }");
  return std::move(assembly.functions);
}

}  // namespace rosetta
