#ifndef QK_COMMON_H
#define QK_COMMON_H

#include "CQuantumKernels.h"

// Every clone must round alike: no fused multiply-add.
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__) && defined(__linux__)
#define QK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QK_CLONES
#endif

#define QK_INLINE static inline __attribute__((always_inline))

// One operation for all eight records; the compiler turns it into one to four vector instructions.
#define QK_PRAGMA(text) _Pragma(#text)
#define QK_EACH_LANE \
    QK_PRAGMA(clang loop vectorize(assume_safety)) \
    for (size_t l = 0; l < qk_lanes; l++)

#endif
