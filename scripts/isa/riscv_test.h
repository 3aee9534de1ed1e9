// What the official instruction tests ask of the machine they run on, for ours: a test ends with the exit system
// call, with code 0 or the number of the case that failed.
// The 32-bit tests are the 64-bit ones under another name.
#undef RVTEST_RV64U
#define RVTEST_RV32U
#define RVTEST_RV64U
#define TESTNUM gp

#define RVTEST_CODE_BEGIN .text; .globl _start; _start:
#define RVTEST_CODE_END

#define RVTEST_PASS li a0, 0; li a7, 93; ecall
#define RVTEST_FAIL mv a0, TESTNUM; li a7, 93; ecall

#define RVTEST_DATA_BEGIN .align 4
#define RVTEST_DATA_END
