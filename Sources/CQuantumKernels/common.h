#ifndef QK_COMMON_H
#define QK_COMMON_H

#include "CQuantumKernels.h"

// Every clone must round alike: no fused multiply-add.
#pragma STDC FP_CONTRACT OFF

#if defined(QK_CLONES)
#elif defined(__x86_64__) && defined(__linux__)
#define QK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QK_CLONES
#endif

#define QK_INLINE static inline __attribute__((always_inline))

// One operation for all eight records: vectors written out, because the auto-vectoriser shuffles
// interleaved real and imaginary parts. Pointers to them are 64-byte aligned.
#ifndef QK_VECTOR
#define QK_VECTOR 4
#endif
typedef double qk_vector
    __attribute__((vector_size(QK_VECTOR * 8), aligned(QK_VECTOR * 8), may_alias));
enum { qk_parts = qk_lanes / QK_VECTOR };

#define QK_EACH_PART _Pragma("clang loop unroll(full)") for (size_t l = 0; l < qk_parts; l++)

// The vectors of item `index` of eight doubles.
#define QK_AT(base, index) ((qk_vector *)((base) + (size_t)(index) * qk_lanes))
#define QK_CONST_AT(base, index) ((const qk_vector *)((base) + (size_t)(index) * qk_lanes))

#endif
