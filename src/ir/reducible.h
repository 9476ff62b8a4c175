// Control flow that every loop enters at one place, as structured text and devices want it.
#pragma once

#include "ir/code.h"

namespace rosetta::ir {

// A loop that can be entered at several blocks gets one head: a switch over a new register, which
// says which of those blocks to go on with. Whatever led to them sets it and leads to the switch.
// What costs fuel costs it still. A function that is reducible is left as it is, unless its loops
// are nested hundreds deep. One register more at most; time linear in the function for each of its
// first 256 depths of nesting.
void make_reducible(Function& function);

}  // namespace rosetta::ir
