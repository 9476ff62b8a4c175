/* The functions of arith.h as LLVM bitcode, for any processor: built into the compiler, which links
 * what a program needs of them. */
#define RV_FN
#include "isa/host.h"
/**/
#include "isa/arith.h"
