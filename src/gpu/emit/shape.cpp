// A function that cannot end the task gives its results as they are; any other gives them in a
// struct with a status, or the status alone. Nothing is given through a pointer: that would put it
// into memory wherever a call is not inlined.
#include "gpu/emit/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/graph.h"

namespace rosetta::gpu {
namespace {

using ir::Costs;
using ir::Function;
using ir::Instruction;
using ir::Op;

bool is_call(Op op) { return op == Op::Call || op == Op::TailCall || op == Op::Enter; }

Graph calls_of(const ir::Program& program) {
  Graph calls;
  for (const Function& function : program.functions) {
    std::set<std::uint32_t> callees;
    for (const Instruction& each : function.code) {
      if (is_call(each.op)) callees.insert(each.target);
    }
    calls.add_node(std::vector<std::uint32_t>(callees.begin(), callees.end()));
  }
  return calls;
}

// (A member that only its machine called nobody calls any more.)
std::vector<bool> reached_from_entry(const Graph& calls) {
  std::vector<bool> reached(calls.size());
  std::vector<std::uint32_t> pending{0};
  while (!pending.empty()) {
    const std::uint32_t function = pending.back();
    pending.pop_back();
    if (reached[function]) continue;
    reached[function] = true;
    for (const std::uint32_t callee : calls.from(function)) pending.push_back(callee);
  }
  return reached;
}

bool costs(const Function& function, const Instruction& from) {
  if (from.op != Op::Switch) return from.costs != Costs::Nothing;
  for (std::uint32_t i = 0; i <= from.other; ++i) {
    if (function.targets[from.target + i].costs) return true;
  }
  return false;
}

Shape::Traits traits_of(const Shape& shape, std::uint32_t number) {
  const Function& function = shape.program.functions[number];
  Shape::Traits traits;
  traits.counts = function.weight > 0 || function.machine;
  traits.stack = traits.counts && shape.machines;
  for (const Instruction& each : function.code) {
    const bool spends = is_call(each.op) || each.op == Op::Charge || costs(function, each);
    const bool halts = each.op == Op::Halt && shape.halts(number);
    const bool traps = each.op == Op::Trap || (each.op == Op::Regular && info(each.opcode).traps);
    traits.spends = traits.spends || spends;
    traits.task = traits.task || spends || halts || each.op == Op::Push || each.op == Op::Save ||
                  each.op == Op::Restore;
    traits.ends = traits.ends || spends || halts || traps || each.op == Op::Push;
  }
  return traits;
}

bool uses_f64(const Function& function) {
  const auto has = [](const std::vector<Type>& types) {
    return std::ranges::find(types, Type::F64) != types.end();
  };
  return has(function.params) || has(function.results) || has(function.locals) ||
         std::ranges::any_of(function.code, [](const Instruction& each) {
           if (each.op == Op::CanonF64) return true;
           if (each.op != Op::Regular) return false;
           const OpcodeInfo& row = info(each.opcode);
           return row.operand_type == Type::F64 || row.result_type == Type::F64;
         });
}

bool has_halt(const Function& function) {
  return std::ranges::any_of(function.code,
                             [](const Instruction& each) { return each.op == Op::Halt; });
}

std::string identifier(std::string text) {
  std::ranges::replace(text, '.', '_');
  return text;
}

}  // namespace

Shape::Shape(const ir::Program& of, const Naming& naming) : program(of) {
  const auto count = static_cast<std::uint32_t>(program.functions.size());
  const Graph calls = calls_of(program);
  const Components found = components(calls);
  recursive = std::ranges::find(found.cyclic, true) != found.cyclic.end();
  const Graph members = found.members();
  const std::vector<bool> reached = reached_from_entry(calls);
  for (std::uint32_t component = 0; component < found.count; ++component) {
    for (const std::uint32_t function : members.from(component)) {
      if (reached[function]) order.push_back(function);
    }
  }
  std::vector<std::string> entered(count);  // by machine: its members
  for (const std::uint32_t i : order) {
    const Function& function = program.functions[i];
    machines = machines || function.machine;
    f64 = f64 || uses_f64(function);
    for (const Instruction& each : function.code) {
      entry_called = entry_called || (is_call(each.op) && each.target == 0);
    }
  }
  for (std::uint32_t i = 0; i < naming.names.size(); ++i) {
    for (const Instruction& each : program.functions[i].code) {
      if (each.op != Op::Enter) continue;
      std::string& all = entered[each.target];
      all += (all.empty() ? "" : ", ") + naming.names[i];
    }
  }
  for (const std::uint32_t i : order)
    halting = halting || (halts(i) && has_halt(program.functions[i]));
  for (std::uint32_t i = 0; i < count; ++i) {
    traits.push_back(traits_of(*this, i));
    if (i < naming.names.size()) {
      names.push_back(fmt::format("f{}_{}", i, identifier(naming.names[i])));
      origins.push_back(fmt::format("{} #{}", naming.names[i], naming.hashes[i].substr(0, 8)));
    } else {
      names.push_back(fmt::format("m{}", i));
      origins.push_back("on a stack of its own: " + entered[i]);
    }
  }
}

std::string suffix(const std::vector<Type>& results) {
  std::string text;
  for (const Type type : results) text += fmt::format("_{}", name(type));
  return text;
}

std::string Shape::given(std::uint32_t function) const {
  const std::vector<Type>& results = program.functions[function].results;
  if (traits[function].ends) return results.empty() ? "rv_i32" : "rv_end" + suffix(results);
  if (results.empty()) return "void";
  return results.size() == 1 ? fmt::format("rv_{}", name(results[0])) : "rv_all" + suffix(results);
}

std::string Shape::head(std::uint32_t function) const {
  const Traits& mine = traits[function];
  std::string text = fmt::format("RV_FN {} {}(", given(function), names[function]);
  std::string separator;
  const auto add = [&](const std::string& parameter) {
    text += separator + parameter;
    separator = ", ";
  };
  if (mine.task) add("rv_task* task");
  if (mine.counts) add("rv_u64 depth");
  if (mine.stack) add("rv_u64 top");
  const std::vector<Type>& params = program.functions[function].params;
  for (std::size_t i = 0; i < params.size(); ++i) add(fmt::format("rv_{} p{}", name(params[i]), i));
  return text + (separator.empty() ? "void)" : ")");
}

std::string stop_text(const std::vector<Type>& results, const std::string& status) {
  return results.empty() ? fmt::format("return {};", status)
                         : fmt::format("return rv_stop{}({});", suffix(results), status);
}

std::string result_types(const Shape& shape) {
  std::string text;
  std::set<std::string> known;
  for (const std::uint32_t number : shape.order) {
    const std::vector<Type>& results = shape.program.functions[number].results;
    const std::string type = shape.given(number);
    const bool ends = shape.traits[number].ends;
    if (results.empty() || (!ends && results.size() == 1) || !known.insert(type).second) continue;
    std::string fields = ends ? " rv_i32 ended;" : "";
    std::string parameters;
    std::string sets = ends ? " end.ended = 0;" : "";
    for (std::size_t i = 0; i < results.size(); ++i) {
      fields += fmt::format(" rv_{} r{};", name(results[i]), i);
      parameters += fmt::format("{}rv_{} r{}", i == 0 ? "" : ", ", name(results[i]), i);
      sets += fmt::format(" end.r{0} = r{0};", i);
    }
    text += fmt::format("typedef struct {{{} }} {};\n", fields, type);
    text += fmt::format("RV_FN {0} rv_give{1}{2}({3}) {{ {0} end;{4} return end; }}\n", type,
                        ends ? "" : "_all", suffix(results), parameters, sets);
    if (!ends) continue;
    text += fmt::format(
        "RV_FN {0} rv_stop{1}(rv_i32 ended) {{ {0} end = {{0}}; end.ended = ended; return end; "
        "}}\n",
        type, suffix(results));
  }
  return text;
}

std::string task_type(const Shape& shape) {
  std::string text = "typedef struct {\n  rv_u64 fuel;\n";
  if (shape.machines) {
    text +=
        "  RV_GLOBAL rv_u64* stack; /* of this lane, whose cells lie `lanes` apart */\n"
        "  rv_u64 lanes;\n  rv_u64 cells;\n";
  }
  const std::vector<Type>& results = shape.program.entry().results;
  for (std::size_t i = 0; shape.halting && i < results.size(); ++i) {
    text += fmt::format("  rv_{} h{}; /* halted with it */\n", name(results[i]), i);
  }
  text += "} rv_task;\n";
  if (shape.machines) {
    text += "#define RV_CELL(below) task->stack[(top - 1 - (below)) * task->lanes]\n";
  }
  return text;
}

}  // namespace rosetta::gpu
