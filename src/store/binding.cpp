#include "store/binding.h"

#include "code/bytes.h"

namespace rosetta {
namespace {

void put_text(std::string& to, std::string_view text) {
  put_number(to, text.size());
  to += text;
}

void put_texts(std::string& to, const std::vector<std::string>& texts) {
  put_number(to, texts.size());
  for (const std::string& text : texts) put_text(to, text);
}

std::string text(ByteReader& reader) { return std::string(reader.take(reader.number(~0ULL))); }

std::vector<std::string> texts(ByteReader& reader) {
  std::vector<std::string> result;
  const std::uint64_t count = reader.number(~0ULL);
  for (std::uint64_t i = 0; i < count && !reader.failed(); ++i) result.push_back(text(reader));
  return result;
}

}  // namespace

std::string encode_binding(const Binding& binding) {
  std::string bytes;
  put_text(bytes, binding.name);
  put_texts(bytes, binding.params);
  put_texts(bytes, binding.locals);
  put_number(bytes, binding.labels.size());
  for (const auto& [instruction, label] : binding.labels) {
    put_number(bytes, instruction);
    put_text(bytes, label);
  }
  put_texts(bytes, binding.callees);
  put_text(bytes, binding.text);
  return bytes;
}

std::expected<Binding, std::string> decode_binding(std::string_view bytes) {
  ByteReader reader(bytes);
  Binding binding;
  binding.name = text(reader);
  binding.params = texts(reader);
  binding.locals = texts(reader);
  const std::uint64_t labels = reader.number(~0ULL);
  for (std::uint64_t i = 0; i < labels && !reader.failed(); ++i) {
    const auto instruction = static_cast<std::uint32_t>(reader.number(0xffff'ffff));
    binding.labels.emplace_back(instruction, text(reader));
  }
  binding.callees = texts(reader);
  binding.text = text(reader);
  if (reader.left() > 0) reader.fail("it goes on behind its end");
  if (reader.failed()) return std::unexpected(reader.failure());
  return binding;
}

}  // namespace rosetta
