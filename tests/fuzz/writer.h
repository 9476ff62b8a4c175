// The body of a function while it is being written: instructions, labels, locals, and the types on
// the stack behind the last instruction.
//
// An instruction that jumps names labels, by number; a label is placed once, before or after it is
// named. Behind an instruction that ends a path, `dead` is set: what is written then has no effect
// on the stack, until a label is placed that live code jumps to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/generator.h"
#include "fuzz/values.h"

namespace fuzz {

using Types = std::vector<Type>;

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  void emit(std::string text, std::vector<std::size_t> labels = {});
  void emit(std::string text, std::size_t pops, const Types& pushes);
  void emit_jump(std::string text, std::size_t label);  // jumpif and jumpifnot
  void typed(Type type, std::string_view name, std::size_t pops, Type result);
  void constant(Type type, std::uint64_t cell);
  void constant(Type type) { constant(type, random_cell(random_, type)); }
  void local(std::string_view mnemonic, std::size_t number);  // load, store and tee
  void print_top();

  std::size_t new_local(Type type);
  std::optional<std::size_t> some_local(Type type, bool to_write);
  std::string some_local_name() { return local_name(random_.below(locals_.size())); }
  bool has_locals() const { return !locals_.empty(); }
  Type local_type(std::size_t number) const { return locals_[number]; }
  // A reserved local is one that some_local does not give for writing.
  void reserve(std::size_t number, bool reserved) { reserved_[number] = reserved; }

  std::size_t new_label();
  std::size_t label_count() const { return labels_.size(); }
  void place(std::size_t label, const Types& stack_there);
  bool label_at_end() const;

  std::size_t size() const { return code_.size(); }
  bool ends_with(const Types& types) const;
  std::string text(std::string_view name, std::size_t parameters, const Types& results);

  Types stack;
  bool dead = false;
  double multiplier = 1;  // how often this place is executed, estimated
  double cost = 0;        // instructions executed, estimated

 private:
  struct Instruction {
    std::string text;
    std::vector<std::size_t> labels;
  };

  std::string local_name(std::size_t number) const { return "v" + std::to_string(number); }
  std::string declared(std::size_t number) const;
  std::string target(std::size_t from, std::size_t label);

  Random& random_;
  Types locals_;  // parameters first
  std::vector<bool> reserved_;
  std::vector<Instruction> code_;
  std::vector<std::size_t> labels_;  // the instruction each stands before
  std::vector<bool> reached_;        // by a jump in live code
};

// The mnemonics of the table for constants of a type.
std::string const_mnemonic(Type type);

}  // namespace fuzz
