// On x86-64 the context is in r13, on AArch64 in x20: where clang puts `swiftself`.
//
// A signal that wants to end compiled code may come at any instruction. In compiled code, and
// between the labels below, it takes the way out itself; everywhere else it only sets the context's
// flag, and whoever returns to compiled code looks at the flag first. So there is no instruction at
// which it is lost.
#include "engine/native/processor.h"

#if defined(__x86_64__)
// The header is C's; glibc 2.36 forgot that C++ has no _Bool.
#define _Bool bool
#include <sys/platform/x86.h>
#undef _Bool
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <cstddef>

#include "isa/trap.h"

namespace rosetta::native {

static_assert(offsetof(Context, stack) == 0 && offsetof(Context, ending) == 64 &&
              offsetof(Context, place) == 72 && offsetof(Context, interrupted) == 88);
static_assert(static_cast<int>(Trap::Interrupted) == 7);

extern "C" {
void rosetta_native_leave();
void rosetta_native_call_print();
void rosetta_native_call_print_text();
extern const char rosetta_native_enter_from[], rosetta_native_enter_to[];
extern const char rosetta_native_print_from[], rosetta_native_print_to[];
extern const char rosetta_native_print_text_from[], rosetta_native_print_text_to[];
}

#if defined(__x86_64__)

asm(R"(
  .text
  .globl rosetta_native_enter
  .type rosetta_native_enter, @function
rosetta_native_enter:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  mov %rdi, %r13
  mov %rdx, %rax
  mov %rcx, %r11
  mov (%r11), %rdi
  mov 8(%r11), %rsi
  mov 16(%r11), %rdx
  mov 24(%r11), %rcx
  mov 32(%r11), %r8
  cmpq $0, 88(%r13)
rosetta_native_enter_from:
  jne rosetta_native_leave_interrupted
  call *%rax
rosetta_native_enter_to:
  jmp rosetta_native_leave
  .size rosetta_native_enter, . - rosetta_native_enter

rosetta_native_leave_interrupted:
  movq $7, 64(%r13)
  movq $-1, 72(%r13)
  .globl rosetta_native_leave
  .type rosetta_native_leave, @function
rosetta_native_leave:
  mov (%r13), %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
  .size rosetta_native_leave, . - rosetta_native_leave

  .macro way name, host
  .globl \name
  .type \name, @function
\name:
  push %rbp
  mov %r13, %rdx
  mov 8(%rsp), %rcx
  call \host
  cmpq $0, 88(%r13)
\host\()_from:
  jne rosetta_native_leave_interrupted
  pop %rbp
  ret
\host\()_to:
  .size \name, . - \name
  .endm
  way rosetta_native_call_print, rosetta_native_print
  way rosetta_native_call_print_text, rosetta_native_print_text
)");

std::uint64_t program_counter(const ucontext_t& machine) {
  return static_cast<std::uint64_t>(machine.uc_mcontext.gregs[REG_RIP]);
}

void leave_from_signal(ucontext_t& machine, Context& context) {
  machine.uc_mcontext.gregs[REG_R13] = reinterpret_cast<greg_t>(&context);
  machine.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(&rosetta_native_leave);
}

// Family, model and features. The C library asked for them when the process started; to ask the
// processor again takes a virtual machine microseconds each time.
std::string processor_text() {
  std::string text;
  for (const unsigned leaf : {CPUID_INDEX_1, CPUID_INDEX_7, CPUID_INDEX_80000001,
                              CPUID_INDEX_D_ECX_1, CPUID_INDEX_7_ECX_1}) {
    cpuid_feature features = *__x86_get_cpuid_feature_leaf(leaf);
    if (leaf == CPUID_INDEX_1) features.cpuid_array[1] = 0;  // which of the cores this runs on
    text.append(reinterpret_cast<const char*>(&features), sizeof features);
  }
  return text;
}

#elif defined(__aarch64__)

asm(R"(
  .text
  .globl rosetta_native_enter
  .type rosetta_native_enter, %function
rosetta_native_enter:
  stp x29, x30, [sp, #-160]!
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  mov x20, x0
  mov x9, x2
  mov x10, x3
  ldp x0, x1, [x10]
  ldp x2, x3, [x10, #16]
  ldr x4, [x10, #32]
  ldr x11, [x20, #88]
rosetta_native_enter_from:
  cbnz x11, rosetta_native_leave_interrupted
  blr x9
rosetta_native_enter_to:
  b rosetta_native_leave
  .size rosetta_native_enter, . - rosetta_native_enter

rosetta_native_leave_interrupted:
  mov x11, #7
  str x11, [x20, #64]
  mov x11, #-1
  str x11, [x20, #72]
  .globl rosetta_native_leave
  .type rosetta_native_leave, %function
rosetta_native_leave:
  ldr x9, [x20]
  mov sp, x9
  ldp x19, x20, [sp, #16]
  ldp x21, x22, [sp, #32]
  ldp x23, x24, [sp, #48]
  ldp x25, x26, [sp, #64]
  ldp x27, x28, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  ldp x29, x30, [sp], #160
  ret
  .size rosetta_native_leave, . - rosetta_native_leave

  .macro way name, host
  .globl \name
  .type \name, %function
\name:
  stp x29, x30, [sp, #-16]!
  mov x2, x20
  mov x3, x30
  bl \host
  ldr x11, [x20, #88]
\host\()_from:
  cbnz x11, rosetta_native_leave_interrupted
  ldp x29, x30, [sp], #16
  ret
\host\()_to:
  .size \name, . - \name
  .endm
  way rosetta_native_call_print, rosetta_native_print
  way rosetta_native_call_print_text, rosetta_native_print_text
)");

std::uint64_t program_counter(const ucontext_t& machine) { return machine.uc_mcontext.pc; }

void leave_from_signal(ucontext_t& machine, Context& context) {
  machine.uc_mcontext.regs[20] = reinterpret_cast<std::uint64_t>(&context);
  machine.uc_mcontext.pc = reinterpret_cast<std::uint64_t>(&rosetta_native_leave);
}

std::string processor_text() {
  const unsigned long features[] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
  return {reinterpret_cast<const char*>(features), sizeof features};
}

#else
#error "this processor needs its way into compiled code"
#endif

void set_ways_out(Context& context) {
  context.leave = rosetta_native_leave;
  context.print = rosetta_native_call_print;
  context.print_text = rosetta_native_call_print_text;
}

bool may_leave_at(std::uint64_t pc) {
  const auto between = [pc](const char* from, const char* to) {
    return pc >= reinterpret_cast<std::uint64_t>(from) && pc < reinterpret_cast<std::uint64_t>(to);
  };
  return between(rosetta_native_enter_from, rosetta_native_enter_to) ||
         between(rosetta_native_print_from, rosetta_native_print_to) ||
         between(rosetta_native_print_text_from, rosetta_native_print_text_to);
}

}  // namespace rosetta::native
