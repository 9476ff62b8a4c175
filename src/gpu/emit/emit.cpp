#include "gpu/emit.h"

#include <fmt/format.h>

#include "base/graph.h"
#include "engine/kernel.h"
#include "gpu/emit/body.h"
#include "gpu/emit/dialect.h"
#include "gpu/emit/shape.h"
#include "gpu/emit/variables.h"
#include "ir/explicit.h"

namespace rosetta::gpu {
namespace {

// What the text is, and what it came from.
std::string head(const Naming& naming) {
  std::string text = fmt::format("/* Made by rosettavm from `{}`, the function\n * {}.\n",
                                 naming.names[0], naming.hashes[0]);
  if (naming.names.size() > 1) text += " * It calls, itself or by others:\n";
  for (std::size_t i = 1; i < naming.names.size(); ++i) {
    text += fmt::format(" * {} {}\n", naming.hashes[i], naming.names[i]);
  }
  return text + " */\n";
}

std::string functions(const Shape& shape) {
  std::string text;
  if (shape.recursive) {
    for (const std::uint32_t number : shape.order) text += shape.head(number) + ";\n";
    text += "\n";
  }
  for (const std::uint32_t number : shape.order) {
    text += fmt::format("/* {} */\n{} {}\n", shape.origins[number], shape.head(number),
                        body(shape, number));
  }
  return text;
}

// An argument of the kernel's task, as a value.
std::string argument(Type type, std::size_t k) {
  const std::string of = fmt::format("(arguments, {}, first, at)", k);
  if (is_float(type)) return fmt::format("rv_argument_{}{}", name(type), of);
  return converted("rv_argument" + of, std::nullopt, type);
}

std::string call_of_entry(const Shape& shape) {
  const ir::Function& entry = shape.program.entry();
  const Shape::Traits& traits = shape.traits[0];
  std::string text = shape.names[0] + "(";
  std::string separator;
  const auto add = [&](const std::string& value) {
    text += separator + value;
    separator = ", ";
  };
  if (traits.task) add("&task");
  if (traits.counts) add(entry.weight > 0 ? fmt::format("depth - {}", entry.weight) : "depth");
  if (traits.stack) add("0");
  for (std::size_t i = 0; i < entry.params.size(); ++i) add(argument(entry.params[i], i));
  return text + ")";
}

// One task: from its arguments to its status and results.
std::string one_task(const Shape& shape) {
  const ir::Function& entry = shape.program.entry();
  const Shape::Traits& traits = shape.traits[0];
  const std::string call = call_of_entry(shape);
  std::string text;
  const auto line = [&](const std::string& each) { text += "    " + each + "\n"; };
  const auto store = [&](std::size_t k, const std::string& value, const char* indent) {
    const std::string row = k == 0 ? "" : k == 1 ? "stride + " : fmt::format("{} * stride + ", k);
    line(fmt::format("{}results[{}at] = {};", indent, row,
                     converted(value, entry.results[k], std::nullopt)));
  };
  if (traits.task) {
    line("rv_task task;");
    line("task.fuel = fuel;");
    if (shape.machines) {
      line("task.stack = arena + lane;");
      line("task.lanes = lanes;");
      line("task.cells = cells;");
    }
  }
  line("rv_i32 status = 0;");
  if (entry.weight > 0) {
    line(fmt::format("if (depth < {}) {{", entry.weight));
    line("  status = RV_CALL_DEPTH_EXCEEDED;");
    line("} else {");
  } else {
    line("{");
  }
  const std::size_t count = entry.results.size();
  if (count == 0) {
    line(fmt::format("  {}{};", traits.ends ? "status = " : "", call));
  } else {
    line(fmt::format("  const {} got = {};", shape.given(0), call));
    if (traits.ends) {
      line("  status = got.ended;");
      line("  if (status == 0) {");
    }
    for (std::size_t k = 0; k < count; ++k) {
      store(k, !traits.ends && count == 1 ? "got" : fmt::format("got.r{}", k),
            traits.ends ? "    " : "  ");
    }
    if (traits.ends) line("  }");
  }
  if (shape.halting) {
    line("  if (status == RV_HALTED) {");
    line("    status = 0;");
    for (std::size_t k = 0; k < count; ++k) store(k, fmt::format("task.h{}", k), "    ");
    line("  }");
  }
  line("}");
  return text;
}

std::string kernel(const Shape& shape) {
  return fmt::format(
      "RV_KERNEL void {}(\n"
      "    rv_u32 count, rv_u64 first, rv_u64 stride, RV_GLOBAL const rv_u32* picks,\n"
      "    RV_GLOBAL const rv_u64* arguments, RV_GLOBAL rv_u64* results,\n"
      "    RV_GLOBAL rv_u8* statuses, RV_GLOBAL rv_u32* totals, RV_GLOBAL rv_u64* arena,\n"
      "    rv_u64 cells, rv_u64 depth, rv_u64 fuel) {{\n"
      "  const rv_u32 lane = (rv_u32)RV_LANE;\n"
      "  const rv_u32 lanes = (rv_u32)RV_LANES;\n"
      "  for (rv_u32 i = lane; i < count; i = count - i > lanes ? i + lanes : count) {{\n"
      "    const rv_u32 at = picks ? picks[i] : i;\n"
      "{}"
      "    statuses[at] = (rv_u8)status;\n"
      "    if (status != 0) rv_note(totals, status, at);\n"
      "  }}\n"
      "}}\n",
      kKernelName, one_task(shape));
}

std::string kernel_text(const Shape& shape, Dialect dialect, const Naming& naming) {
  std::string text = head(naming);
  if (dialect == Dialect::OpenCl && !shape.f64) text += "#define RV_WITHOUT_F64\n";
  text += prelude(dialect);
  text += "\n";
  text += arithmetic();
  text += "\n";
  text += task_prelude();
  text += "\n" + task_type(shape) + result_types(shape) + "\n" + functions(shape) + kernel(shape);
  return text;
}

// What the host program has to know of the kernel.
std::string host_words(const ir::Program& program, Dialect dialect, const Naming& naming,
                       Recursion recursion) {
  const auto letters = [](const std::vector<Type>& types) {
    std::string text;
    for (const Type type : types) text += "lidf"[static_cast<int>(type)];
    return text;
  };
  const ir::Function& entry = program.entry();
  std::string text;
  if (dialect == Dialect::C) text += "#define RV_HOST_C\n";
  if (recursion == Recursion::Native) text += "#define RV_NATIVE_RECURSION\n";
  text += fmt::format("#define RV_ENTRY \"{}\"\n", naming.names[0]);
  text += fmt::format("#define RV_PARAMS {}\n", entry.params.size());
  text += fmt::format("#define RV_RESULTS {}\n", entry.results.size());
  text += fmt::format("static const char param_types[] = \"{}\";\n", letters(entry.params));
  text += fmt::format("static const char result_types[] = \"{}\";\n", letters(entry.results));
  text += fmt::format("#define RV_CELLS_PER_DEPTH {}\n", ir::most_stack_cells(program, 1));
  // As deep as the language goes; a stack of the device's own would not bear it.
  text += fmt::format("#define RV_DEPTH {}\n", recursion == Recursion::Native ? 200 : 1'000'000);
  return text;
}

// Where tail calls go round there is no end of frames without a machine.
Result<void> check_native(const ir::Program& program, Dialect dialect, const Naming& naming) {
  if (dialect == Dialect::OpenCl) {
    return std::unexpected(
        Error{Fault::Usage, "OpenCL has no recursion of its own: leave out --native-recursion"});
  }
  Graph calls;
  for (const ir::Function& function : program.functions) {
    std::vector<std::uint32_t> callees;
    for (const ir::Instruction& each : function.code) {
      if (each.op == ir::Op::TailCall) callees.push_back(each.target);
    }
    calls.add_node(callees);
  }
  const Components found = components(calls);
  for (std::uint32_t i = 0; i < calls.size(); ++i) {
    if (!found.cyclic[found.of[i]]) continue;
    return std::unexpected(
        Error{Fault::Usage, fmt::format("the tail calls of `{}` lead back to it, and with "
                                        "--native-recursion each would take a frame of its own: "
                                        "leave that out",
                                        naming.names[i])});
  }
  return {};
}

Result<ir::Program> prepared(const ir::Program& program, Dialect dialect, const Naming& naming,
                             Recursion recursion) {
  if (recursion == Recursion::Stacks) return prepare(program);
  const Result<void> fits = check_native(program, dialect, naming);
  if (!fits) return std::unexpected(fits.error());
  return program;
}

}  // namespace

Result<std::string> emit_kernel(const ir::Program& program, Dialect dialect, const Naming& naming,
                                Recursion recursion) {
  const Result<ir::Program> made = prepared(program, dialect, naming, recursion);
  if (!made) return std::unexpected(made.error());
  return kernel_text(Shape(*made, naming), dialect, naming);
}

Result<std::string> emit_program(const ir::Program& program, Dialect dialect, const Naming& naming,
                                 Recursion recursion) {
  const Result<ir::Program> made = prepared(program, dialect, naming, recursion);
  if (!made) return std::unexpected(made.error());
  std::string text = kernel_text(Shape(*made, naming), dialect, naming);
  text += "\n" + host_words(*made, dialect, naming, recursion);
  for (const std::string_view part : host(dialect)) text.append("\n").append(part);
  return text;
}

}  // namespace rosetta::gpu
