#include "CFuzzer.h"

// With FUZZER=fast, compares are not told of: the linker calls these instead (see Package.swift).
void __wrap___sanitizer_cov_trace_cmp1(void) {}
void __wrap___sanitizer_cov_trace_cmp2(void) {}
void __wrap___sanitizer_cov_trace_cmp4(void) {}
void __wrap___sanitizer_cov_trace_cmp8(void) {}
void __wrap___sanitizer_cov_trace_const_cmp1(void) {}
void __wrap___sanitizer_cov_trace_const_cmp2(void) {}
void __wrap___sanitizer_cov_trace_const_cmp4(void) {}
void __wrap___sanitizer_cov_trace_const_cmp8(void) {}
void __wrap___sanitizer_cov_trace_switch(void) {}
void __wrap___sanitizer_cov_trace_pc_indir(void) {}
