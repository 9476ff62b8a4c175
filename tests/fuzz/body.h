// Writes one function of a random program, statement by statement.
//
// The routines, the dice and the shape belong to the caller and outlive the Body. Functions before
// this one have been written, with their cost; calls go to them, or within the recursive group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/generator.h"
#include "fuzz/values.h"
#include "fuzz/writer.h"

namespace fuzz {

// What is known of a function before it is written (its signature) and after (its cost).
struct Routine {
  std::string name;
  Types parameters;
  Types results;
  std::optional<std::size_t> group;  // of functions that may call each other: its first
  unsigned branching = 1;            // calls within the group that a body may execute
  std::uint64_t counter = 0;         // greatest first argument from outside the group
  double cost = 0;                   // instructions of a call, estimated
};

struct Row;

class Body {
 public:
  Body(Random& random, const Shape& shape, const std::vector<Routine>& routines, std::size_t self)
      : random_(random),
        shape_(shape),
        routines_(routines),
        self_(routines[self]),
        index_(self),
        out_(random) {}

  void write();

  double cost() const { return out_.cost; }
  std::string text() { return out_.text(self_.name, self_.parameters.size(), self_.results); }

 private:
  // A label that statements may jump to, with the stack it wants; backward if it has a counter.
  struct Open {
    std::size_t label;
    Types stack;
    std::optional<std::size_t> counter;
    std::size_t rounds = 0;  // how often the body of the loop is entered
    bool up = false;
  };

  struct Statement {
    unsigned weight;
    void (Body::*write)();
    bool nests = false;
  };
  static const std::vector<Statement> kStatements;

  void write_base_case();
  void touch_many_locals();
  void end_path();
  void dead_instruction();

  // Each of the first two pushes one value.
  void produce(Type type, unsigned depth = 2);
  void condition(unsigned depth = 2) { produce(random_.chance(70) ? Type::I64 : Type::I32, depth); }
  void guard(Type type);
  void apply(const Row& row);
  void shape_stack(const Types& wanted);

  bool is_sibling(std::size_t callee) const;
  bool can_call(std::size_t callee) const;
  double budget() const { return self_.name == "main" ? shape_.work : shape_.work / 4; }
  std::optional<std::size_t> some_callee(bool sibling, bool same_results);
  void charge(std::size_t callee);
  void push_arguments(std::size_t callee, bool may_take);
  void call(std::size_t callee, bool may_take);
  void call_one(bool sibling);

  // Statements: they may do with the stack what they like, and may end the path.
  void statement();
  void nested();
  void push() { produce(random_.type()); }
  void push_deep() { produce(random_.type(), 3); }
  void consume();
  void mix();
  void assign();
  void call_some() { call_one(self_.group && random_.chance(40)); }
  void print();
  void nop() { out_.emit("nop"); }
  void burst();
  void leave();
  void leave_if();
  void trap_if();
  void break_out();
  void branch();
  void block();
  void table();
  void loop();
  void loop_on_stack();

  void open_loop(std::size_t counter, std::size_t rounds, bool up);
  void jump_back(const Open& open);

  Random& random_;
  const Shape& shape_;
  const std::vector<Routine>& routines_;
  const Routine& self_;
  std::size_t index_;

  Writer out_;
  std::vector<Open> open_;
  unsigned nesting_ = 0;
  double siblings_called_ = 0;  // by one run of the body, estimated
};

}  // namespace fuzz
