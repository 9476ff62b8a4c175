#include "fuzz/writer.h"

#include <algorithm>
#include <utility>

namespace fuzz {
namespace {

constexpr std::size_t kNowhere = ~std::size_t{0};

std::string print_mnemonic(Type type) {
#define RV_PRINT(byte, name, mnemonic, printed_type) \
  if (type == Type::printed_type) return mnemonic;
#include "isa/opcodes.def"
  return {};
}

}  // namespace

std::string const_mnemonic(Type type) {
#define RV_CONST(byte, name, mnemonic, constant_type) \
  if (type == Type::constant_type) return mnemonic;
#include "isa/opcodes.def"
  return {};
}

void Writer::emit(std::string text, std::vector<std::size_t> labels) {
  if (!dead) {
    cost += multiplier;
    for (const std::size_t label : labels) reached_[label] = true;
  }
  code_.push_back({std::move(text), std::move(labels)});
}

void Writer::emit(std::string text, std::size_t pops, const Types& pushes) {
  emit(std::move(text));
  stack.resize(stack.size() - pops);
  stack.insert(stack.end(), pushes.begin(), pushes.end());
}

void Writer::emit_jump(std::string text, std::size_t label) {
  emit(std::move(text), {label});
  stack.pop_back();
}

void Writer::typed(Type type, std::string_view name, std::size_t pops, Type result) {
  emit(std::string(name_of(type)) + "." + std::string(name), pops, {result});
}

void Writer::constant(Type type, std::uint64_t cell) {
  emit(const_mnemonic(type) + " " + literal(random_, type, cell), 0, {type});
}

void Writer::local(std::string_view mnemonic, std::size_t number) {
  const std::string word = random_.chance(50) ? std::to_string(number) : local_name(number);
  emit(std::string(mnemonic) + " " + word);
  if (mnemonic == "load") stack.push_back(locals_[number]);
  if (mnemonic == "store") stack.pop_back();
}

void Writer::print_top() { emit(print_mnemonic(stack.back()), 1, {}); }

std::size_t Writer::new_local(Type type) {
  locals_.push_back(type);
  reserved_.push_back(false);
  return locals_.size() - 1;
}

std::optional<std::size_t> Writer::some_local(Type type, bool to_write) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i] == type && !(to_write && reserved_[i])) found.push_back(i);
  }
  if (found.empty()) return std::nullopt;
  return random_.pick(found);
}

std::size_t Writer::new_label() {
  labels_.push_back(kNowhere);
  reached_.push_back(false);
  return labels_.size() - 1;
}

void Writer::place(std::size_t label, const Types& stack_there) {
  labels_[label] = code_.size();
  if (!dead || !reached_[label]) return;
  dead = false;
  stack = stack_there;
}

bool Writer::label_at_end() const {
  return std::ranges::find(labels_, code_.size()) != labels_.end();
}

bool Writer::ends_with(const Types& types) const {
  return types.size() <= stack.size() && std::equal(types.rbegin(), types.rend(), stack.rbegin());
}

std::string Writer::declared(std::size_t number) const {
  return local_name(number) + ": " + std::string(name_of(locals_[number]));
}

std::string Writer::target(std::size_t from, std::size_t label) {
  if (random_.chance(75)) return "L" + std::to_string(label);
  return std::to_string(static_cast<std::ptrdiff_t>(labels_[label] - from));
}

std::string Writer::text(std::string_view name, std::size_t parameters, const Types& results) {
  std::string result = "fn " + std::string(name) + "(";
  for (std::size_t i = 0; i < parameters; ++i) result += (i > 0 ? ", " : "") + declared(i);
  result += results.size() == 1 ? ") -> " : ") -> (";
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i > 0) result += ", ";
    result += name_of(results[i]);
  }
  result += results.size() == 1 ? " {\n" : ") {\n";
  for (std::size_t i = parameters; i < locals_.size(); ++i) {
    result += "    local " + declared(i) + "\n";
  }
  std::vector<std::vector<std::size_t>> labels(code_.size() + 1);
  for (std::size_t label = 0; label < labels_.size(); ++label) {
    labels[labels_[label]].push_back(label);
  }
  for (std::size_t i = 0; i < code_.size(); ++i) {
    for (const std::size_t label : labels[i]) result += "L" + std::to_string(label) + ":\n";
    result += "    " + code_[i].text;
    for (const std::size_t label : code_[i].labels) result += " " + target(i, label);
    // A table's targets run to the end of the line.
    const bool may_share =
        i + 1 < code_.size() && labels[i + 1].empty() && !code_[i].text.starts_with("jumptable");
    if (!may_share || !random_.chance(15)) result += "\n";
  }
  return result + "}\n";
}

}  // namespace fuzz
