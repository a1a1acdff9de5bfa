// The large simulator's kernels for amplitudes in float, for three instruction sets.

#include "share.h"

#define QK_REAL float
#define QK_LANE_BITS 4
#define QK_ENTRY(name) name##_f32
// Row and lane targets for which there is a kernel.
#define QK_EACH_SHAPE                                                                              \
    QK_SHAPE(1, 0) QK_SHAPE(2, 0) QK_SHAPE(3, 0) QK_SHAPE(4, 0) QK_SHAPE(5, 0) QK_SHAPE(0, 1)      \
    QK_SHAPE(1, 1) QK_SHAPE(2, 1) QK_SHAPE(3, 1) QK_SHAPE(4, 1) QK_SHAPE(0, 2) QK_SHAPE(1, 2)      \
    QK_SHAPE(2, 2) QK_SHAPE(3, 2) QK_SHAPE(0, 3) QK_SHAPE(1, 3) QK_SHAPE(2, 3)                     \
    QK_SHAPE(0, 4) QK_SHAPE(1, 4)

// Rounding may differ between instruction sets here: multiply-add is twice the speed.
#pragma clang fp contract(fast)

#if defined(__x86_64__) && defined(__clang__)
#include <immintrin.h>

#define QK_AVX512
#define QK_NAME(name) name##_v4_f32
// Named features: the level's own tuning would prefer vectors of half the size.
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma,bmi,bmi2"))),      \
    apply_to = function)
#include "vector.h"
#include "kernels.h"
#pragma clang attribute pop
#undef QK_NAME
#undef QK_AVX512

#define QK_NAME(name) name##_v3_f32
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "vector.h"
#include "kernels.h"
#pragma clang attribute pop
#undef QK_NAME
#endif

#define QK_NAME(name) name##_base_f32
#include "vector.h"
#include "kernels.h"
#undef QK_NAME

static void QK_ENTRY(apply)(QK_REAL *chunk, size_t rows, const qk_large_op *op, size_t number) {
#if defined(__x86_64__) && defined(__clang__)
    if (__builtin_cpu_supports("x86-64-v4"))
        return QK_ENTRY(apply_v4)(chunk, rows, op, number);
    if (__builtin_cpu_supports("x86-64-v3"))
        return QK_ENTRY(apply_v3)(chunk, rows, op, number);
#endif
    QK_ENTRY(apply_base)(chunk, rows, op, number);
}

#define QK_APPLY QK_ENTRY(apply)
#include "run.h"
