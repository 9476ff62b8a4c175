// Follows the layout's tree by a list of what is still to be written, so that no program's depth is
// one of ours.
#include "gpu/emit/body.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <span>

#include "gpu/emit/layout.h"
#include "gpu/emit/straight.h"

namespace rosetta::gpu {
namespace {

using ir::BlockId;
using ir::Costs;
using ir::Function;
using ir::Instruction;
using ir::Op;

constexpr BlockId kNone = Layout::kNone;
// Compilers bear 256 levels of braces or so; readers fewer. Deeper ones become labels.
constexpr unsigned kMostNested = 24;

class Body {
 public:
  Body(const Shape& shape, std::uint32_t number)
      : from_(shape.program.functions[number]),
        straight_(shape, number),
        layout_(from_),
        wanted_(from_.blocks.size()) {}

  std::string run();

 private:
  // Where control is when the text of a block ends: what comes next, and what the words mean here.
  struct Context {
    BlockId fall = kNone;
    BlockId on_break = kNone;
    BlockId on_continue = kNone;
    unsigned indent = 1;
  };
  struct Item {
    enum class Kind : std::uint8_t { Tree, Code, Line } kind;
    BlockId block = kNone;
    Context context{};
    std::string text{};
  };
  struct Line {
    BlockId label = kNone;
    unsigned indent = 0;
    std::string text{};
  };
  // One way out of a block: a few lines, and then a tree of blocks where it stands inside.
  struct Arm {
    std::vector<std::string> lines;
    BlockId tree = kNone;
    bool leaves = false;  // control does not come out behind it
  };

  void tree(BlockId block, const Context& context);
  void code(BlockId block, Context context);
  void jump(const Instruction& from, const Context& context, std::vector<Item>& out);
  void branch(const Instruction& from, const Instruction* test, const Context& context,
              std::vector<Item>& out);
  void switch_to(const Instruction& from, const Context& context, std::vector<Item>& out);
  // Whether a block stands inside the way to it from the one that is written: not a way back.
  [[nodiscard]] bool stands_inside(BlockId to) const {
    const Layout::Place& place = layout_.places[to];
    return place.inside && place.order > layout_.places[block_].order;
  }
  std::string go(BlockId to, const Context& context);
  Arm arm(Edge edge, const Context& context);
  void put(const Arm& arm, const Context& context, std::vector<Item>& out);
  void put_if(const std::string& condition, const Arm& arm, const Context& context,
              std::vector<Item>& out);
  void later(std::vector<Item> items);

  const Function& from_;
  Straight straight_;
  Layout layout_;
  std::vector<bool> wanted_;  // by block: there is a goto to it
  std::vector<Line> lines_;
  std::vector<Item> work_;  // the last is the next
  BlockId block_ = 0;       // whose code is written
  bool nests_ = false;      // its ways out may have blocks inside
};

void Body::later(std::vector<Item> items) {
  std::move(items.rbegin(), items.rend(), std::back_inserter(work_));
}

// A block, what follows it, and where it heads a loop that loop.
void Body::tree(BlockId block, const Context& context) {
  const Layout::Place& place = layout_.places[block];
  std::vector<Item> items;
  const auto chain = [&](const std::vector<BlockId>& blocks, const Context& inside) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      Context mine = inside;
      if (i + 1 < blocks.size()) mine.fall = blocks[i + 1];
      items.push_back({Item::Kind::Tree, blocks[i], mine});
    }
  };
  lines_.push_back({block, context.indent});
  Context inside = context;
  // A loop that would be too deep is a label.
  const bool flat = context.indent >= kMostNested;
  if (place.head && flat) {
    inside.fall = block;
    wanted_[block] = true;
  } else if (place.head) {
    const BlockId behind = place.after_loop.empty() ? context.fall : place.after_loop.front();
    inside = {block, behind, block, context.indent + 1};
    lines_.push_back({kNone, context.indent, "for (;;) {"});
  }
  Context first = inside;
  if (!place.followers.empty()) first.fall = place.followers.front();
  items.push_back({Item::Kind::Code, block, first});
  chain(place.followers, inside);
  if (place.head) {
    items.push_back(
        {Item::Kind::Line, kNone, context, flat ? fmt::format("goto b{};", block) : "}"});
    chain(place.after_loop, context);
  }
  later(std::move(items));
}

std::string Body::go(BlockId to, const Context& context) {
  if (to == context.fall) return {};
  if (to == context.on_continue) return "continue;";
  if (to == context.on_break) return "break;";
  wanted_[to] = true;
  return fmt::format("goto b{};", to);
}

Body::Arm Body::arm(Edge edge, const Context& context) {
  Arm made;
  if (edge.costs) made.lines = straight_.spending();
  if (nests_ && stands_inside(edge.to)) {
    made.tree = edge.to;
    made.leaves = layout_.places[edge.to].ends;
    return made;
  }
  const std::string jump = go(edge.to, context);
  made.leaves = !jump.empty();
  if (!jump.empty()) made.lines.push_back(jump);
  return made;
}

void Body::put(const Arm& arm, const Context& context, std::vector<Item>& out) {
  for (const std::string& text : arm.lines) {
    out.push_back({Item::Kind::Line, kNone, context, text});
  }
  if (arm.tree != kNone) out.push_back({Item::Kind::Tree, arm.tree, context});
}

void Body::put_if(const std::string& condition, const Arm& arm, const Context& context,
                  std::vector<Item>& out) {
  if (arm.tree == kNone && arm.lines.size() == 1) {
    out.push_back({Item::Kind::Line, kNone, context,
                   fmt::format("if ({}) {}", condition, arm.lines.front())});
    return;
  }
  Context inside = context;
  ++inside.indent;
  out.push_back({Item::Kind::Line, kNone, context, fmt::format("if ({}) {{", condition)});
  put(arm, inside, out);
  out.push_back({Item::Kind::Line, kNone, context, "}"});
}

void Body::jump(const Instruction& from, const Context& context, std::vector<Item>& out) {
  put(arm({from.target, from.costs == Costs::Target}, context), context, out);
}

void Body::branch(const Instruction& from, const Instruction* test, const Context& context,
                  std::vector<Item>& out) {
  if (edges(from_, from).size() == 1) {
    return put(arm(edges(from_, from).front(), context), context, out);
  }
  std::string on;
  std::string off;
  if (test != nullptr) {
    on = straight_.expression(*test);
    off = "!" + on;
  } else {
    const std::string value = straight_.condition(from.a);
    on = value + " != 0";
    off = value + " == 0";
  }
  const Arm first = arm({from.target, from.costs == Costs::Target}, context);
  const Arm second = arm({from.other, from.costs == Costs::Other}, context);
  const auto empty = [](const Arm& arm) { return arm.lines.empty() && arm.tree == kNone; };
  if (empty(second) || first.leaves) {
    if (!empty(first)) put_if(on, first, context, out);
    return put(second, context, out);
  }
  if (empty(first) || second.leaves) {
    put_if(off, second, context, out);
    return put(first, context, out);
  }
  Context inside = context;
  ++inside.indent;
  out.push_back({Item::Kind::Line, kNone, context, fmt::format("if ({}) {{", on)});
  put(first, inside, out);
  out.push_back({Item::Kind::Line, kNone, context, "} else {"});
  put(second, inside, out);
  out.push_back({Item::Kind::Line, kNone, context, "}"});
}

void Body::switch_to(const Instruction& from, const Context& context, std::vector<Item>& out) {
  out.push_back(
      {Item::Kind::Line, kNone, context, fmt::format("switch ({}) {{", straight_.index(from.a))});
  // In a switch `break` leaves the switch.
  Context inside = context;
  inside.on_break = context.fall;
  inside.indent += 2;
  Context labels = context;
  ++labels.indent;
  const auto target = [&](std::uint32_t i) {
    const ir::SwitchTarget& to = from_.targets[from.target + i];
    return Edge{to.block, to.costs};
  };
  const Edge otherwise = target(from.other);
  std::map<Edge, std::string> cases{{otherwise, "default:"}};
  for (std::uint32_t i = 0; i < from.other; ++i) {
    const Edge edge = target(i);
    if (edge == otherwise) continue;
    std::string& label = cases[edge];
    label += fmt::format("{}case {}:", label.empty() ? "" : " ", i);
  }
  for (const Edge& edge : edges(from_, from)) {
    const Arm made = arm(edge, inside);
    out.push_back({Item::Kind::Line, kNone, labels, cases[edge]});
    put(made, inside, out);
    if (!made.leaves) out.push_back({Item::Kind::Line, kNone, inside, "break;"});
  }
  out.push_back({Item::Kind::Line, kNone, context, "}"});
}

void Body::code(BlockId block, Context context) {
  block_ = block;
  const std::uint32_t end = from_.end(block) - 1;
  const Instruction& last = from_.code[end];
  // A test that only the branch behind it reads is its condition.
  const Instruction* test = nullptr;
  std::uint32_t stop = end;
  if (last.op == Op::Branch && !last.a.is_constant() && end > from_.blocks[block].begin) {
    const Instruction& before = from_.code[end - 1];
    if (before.op == Op::Regular && !info(before.opcode).traps && before.dst == last.a.reg() &&
        (straight_.stays(before.dst) || before.dst >= from_.alive_behind(block))) {
      test = &before;
      --stop;
    }
  }
  const auto write = [&](std::uint32_t first, std::uint32_t behind) {
    for (std::string& text :
         straight_.lines(std::span(from_.code).subspan(first, behind - first))) {
      lines_.push_back({kNone, context.indent, std::move(text)});
    }
  };
  write(from_.blocks[block].begin, stop);
  std::vector<Item> out;
  // Where braces are as deep as they may be, what would stand inside a branch stands behind it.
  std::vector<BlockId> flat;
  nests_ = context.indent < kMostNested || last.op == Op::Jump;
  if (!nests_) {
    for (const Edge& edge : edges(from_, last)) {
      if (stands_inside(edge.to)) flat.push_back(edge.to);
    }
  }
  Context mine = context;
  if (!flat.empty()) mine.fall = flat.front();
  if (last.op == Op::Jump) {
    jump(last, mine, out);
  } else if (last.op == Op::Branch) {
    branch(last, test, mine, out);
  } else if (last.op == Op::Switch) {
    switch_to(last, mine, out);
  } else {
    write(end, end + 1);
  }
  for (std::size_t i = 0; i < flat.size(); ++i) {
    Context behind = context;
    if (i + 1 < flat.size()) behind.fall = flat[i + 1];
    out.push_back({Item::Kind::Tree, flat[i], behind});
  }
  later(std::move(out));
}

std::string Body::run() {
  work_.push_back({Item::Kind::Tree, 0, {}});
  while (!work_.empty()) {
    Item item = std::move(work_.back());
    work_.pop_back();
    switch (item.kind) {
      case Item::Kind::Tree: tree(item.block, item.context); break;
      case Item::Kind::Code: code(item.block, item.context); break;
      case Item::Kind::Line:
        lines_.push_back({kNone, item.context.indent, std::move(item.text)});
        break;
    }
  }
  std::string text = "{\n" + straight_.declarations();
  for (const Line& line : lines_) {
    if (line.label == kNone) {
      text.append(std::size_t{2} * line.indent, ' ').append(line.text).append("\n");
    } else if (wanted_[line.label]) {
      text += fmt::format("b{}:;\n", line.label);
    }
  }
  return text + "}\n";
}

}  // namespace

std::string body(const Shape& shape, std::uint32_t function) { return Body(shape, function).run(); }

}  // namespace rosetta::gpu
