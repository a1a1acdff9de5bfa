// Threads and shapes of the large simulator, independent of precision.
#ifndef QK_LARGE_SHARE_H
#define QK_LARGE_SHARE_H

#include "../common.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct qk_large_run qk_large_run;
typedef void (*qk_large_work)(const qk_large_run *run, size_t pass, size_t chunk, void *scratch);

struct qk_large_run {
    void *state;
    uint32_t qubits;
    const qk_large_pass *passes;
    // Passes, or 0 for one pass of `chunks` chunks.
    size_t count, chunks;
    qk_large_work work;
    size_t scratch_bytes;
    // Of reading.
    double *output;
    uint32_t x;
    const uint32_t *z;
    size_t strings;
    const uint8_t *positions;
    size_t rest, rest_count, block;
    // Of other work.
    const void *context;
};

// Positions of the state that number a chunk, ascending.
typedef struct {
    uint8_t outer[64];
    uint32_t outer_count;
    int contiguous;
} qk_large_layout;

qk_large_layout qk_large_lay_out(const qk_large_pass *pass, uint32_t qubits);
size_t qk_large_deposit(size_t value, const uint8_t *positions, size_t count);
void *qk_large_allocate(size_t bytes);
int qk_large_clear(void *memory, size_t bytes, uint32_t threads);
// Every chunk of every pass once, passes one after another; the caller is one of the threads.
int qk_large_share(qk_large_run *run, uint32_t threads);

// Blocks of a reading: their number does not depend on the number of threads, so sums do not.
static inline uint32_t qk_large_block_bits(uint32_t qubits) { return qubits < 12 ? qubits : 12; }
double qk_large_sum(const double *values, size_t count);
double qk_large_signed_sum(const double *re, const double *im, size_t count, uint32_t first,
                           uint32_t x, uint32_t z);

#endif
