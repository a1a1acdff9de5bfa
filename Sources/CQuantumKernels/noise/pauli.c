// Superoperators on a density matrix in the Pauli basis, for three instruction sets.

#include "../large/share.h"

#define QK_REAL double
#define QK_LANE_BITS 3

// Rounding may differ between instruction sets here, as in the large simulator.
#pragma clang fp contract(fast)

#if defined(__x86_64__) && defined(__clang__)
#include <immintrin.h>

#define QK_AVX512
#define QK_NAME(name) name##_v4_pauli
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512cd,avx2,fma,bmi,bmi2"))),      \
    apply_to = function)
#include "../large/vector.h"
#include "pauli.h"
#pragma clang attribute pop
#undef QK_NAME
#undef QK_AVX512

#define QK_NAME(name) name##_v3_pauli
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "../large/vector.h"
#include "pauli.h"
#pragma clang attribute pop
#undef QK_NAME
#endif

#define QK_NAME(name) name##_base_pauli
#include "../large/vector.h"
#include "pauli.h"
#undef QK_NAME

static void apply(double *state, const qk_pauli_op *op, size_t first, size_t end) {
#if defined(__x86_64__) && defined(__clang__)
    if (__builtin_cpu_supports("x86-64-v4")) return pauli_apply_v4_pauli(state, op, first, end);
    if (__builtin_cpu_supports("x86-64-v3")) return pauli_apply_v3_pauli(state, op, first, end);
#endif
    pauli_apply_base_pauli(state, op, first, end);
}

static void apply_share(const qk_large_run *run, size_t pass, size_t chunk, void *scratch) {
    (void)pass;
    (void)scratch;
    apply(run->state, run->context, chunk * run->block, (chunk + 1) * run->block);
}

int qk_pauli_run(double *state, uint32_t qubits, const qk_pauli_op *ops, size_t count,
                 uint32_t threads) {
    for (size_t i = 0; i < count; i++) {
        const size_t groups = (size_t)1 << 2 * (qubits - 2 - ops[i].rows);
        // Below 2^18 numbers starting a thread costs more than it saves.
        if (threads < 2 || qubits < 9) {
            apply(state, ops + i, 0, groups);
            continue;
        }
        qk_large_run run = {.state = state, .context = ops + i, .work = apply_share, .chunks = 16};
        run.block = groups / run.chunks;
        const int error = qk_large_share(&run, threads);
        if (error) return error;
    }
    return 0;
}
