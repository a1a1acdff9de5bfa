#include "share.h"
#include <errno.h>
#include <sys/mman.h>

size_t qk_large_deposit(size_t value, const uint8_t *positions, size_t count) {
    size_t result = 0;
    for (size_t i = 0; i < count; i++) result |= (value >> i & 1) << positions[i];
    return result;
}

qk_large_layout qk_large_lay_out(const qk_large_pass *pass, uint32_t qubits) {
    qk_large_layout layout = {.contiguous = 1};
    uint64_t inner = ((uint64_t)1 << pass->run_bits) - 1;
    for (uint32_t i = 0; i < pass->bits - pass->run_bits; i++) {
        inner |= (uint64_t)1 << pass->bits_above[i];
        if (pass->bits_above[i] != pass->run_bits + i) layout.contiguous = 0;
    }
    for (uint32_t bit = 0; bit < qubits; bit++)
        if (!(inner >> bit & 1)) layout.outer[layout.outer_count++] = (uint8_t)bit;
    return layout;
}

void *qk_large_allocate(size_t bytes) {
    // Large pages keep strided runs within reach of the translation buffers.
    const size_t large = (size_t)2 << 20;
    void *memory = NULL;
    if (posix_memalign(&memory, bytes >= large ? large : 64, bytes)) return NULL;
#ifdef MADV_HUGEPAGE
    if (bytes >= large) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

void qk_large_destroy(void *state) { free(state); }

typedef struct {
    qk_large_run *run;
    void *scratch;
    size_t pass, chunks;
    // Counts up to `chunks`; shared by the threads of one pass.
    atomic_size_t *next;
} qk_large_worker;

static size_t chunks_of(const qk_large_run *run, size_t pass) {
    return run->count ? (size_t)1 << (run->qubits - run->passes[pass].bits) : run->chunks;
}

static void *work(void *argument) {
    const qk_large_worker *worker = argument;
    for (;;) {
        const size_t chunk = atomic_fetch_add_explicit(worker->next, 1, memory_order_relaxed);
        if (chunk >= worker->chunks) return NULL;
        worker->run->work(worker->run, worker->pass, chunk, worker->scratch);
    }
}

// Threads live for one pass: starting one costs microseconds, a pass over a large state
// milliseconds, and joining is the barrier. One that cannot be started leaves its chunks to the
// others.
int qk_large_share(qk_large_run *run, uint32_t threads) {
    enum { most = 64 };
    if (threads < 1) threads = 1;
    if (threads > most) threads = most;
    const size_t scratch_bytes = (run->scratch_bytes + 63) / 64 * 64;
    char *scratch = scratch_bytes ? qk_large_allocate(scratch_bytes * threads) : NULL;
    if (scratch_bytes && !scratch) return ENOMEM;
    const size_t passes = run->count ? run->count : 1;
    for (size_t pass = 0; pass < passes; pass++) {
        atomic_size_t next = 0;
        const size_t chunks = chunks_of(run, pass);
        pthread_t ids[most];
        qk_large_worker workers[most];
        uint32_t started = 1;
        for (uint32_t i = 0; i < threads; i++)
            workers[i] = (qk_large_worker){
                run, scratch ? scratch + i * scratch_bytes : NULL, pass, chunks, &next};
        while (started < threads && started < chunks &&
               pthread_create(&ids[started], NULL, work, &workers[started]) == 0)
            started++;
        work(&workers[0]);
        for (uint32_t i = 1; i < started; i++) pthread_join(ids[i], NULL);
    }
    free(scratch);
    return 0;
}

typedef struct {
    void (*work)(void *context, size_t number);
    void *context;
} qk_callback;

static void call(const qk_large_run *run, size_t pass, size_t chunk, void *scratch) {
    (void)pass;
    (void)scratch;
    const qk_callback *callback = run->context;
    callback->work(callback->context, chunk);
}

void qk_for_each(uint32_t threads, size_t count, void (*work)(void *context, size_t number),
              void *context) {
    const qk_callback callback = {work, context};
    qk_large_run run = {.context = &callback, .work = call, .chunks = count};
    // Without scratch there is no memory to fail.
    (void)qk_large_share(&run, threads);
}

static void clear(const qk_large_run *run, size_t pass, size_t chunk, void *scratch) {
    (void)pass;
    (void)scratch;
    memset((char *)run->state + chunk * run->block, 0, run->block);
}

int qk_large_clear(void *memory, size_t bytes, uint32_t threads) {
    qk_large_run run = {.state = memory, .work = clear, .chunks = bytes > 1 << 24 ? 16 : 1};
    run.block = bytes / run.chunks;
    return qk_large_share(&run, threads);
}

static double total(const double *sums) {
    const double even = (sums[0] + sums[4]) + (sums[2] + sums[6]);
    const double odd = (sums[1] + sums[5]) + (sums[3] + sums[7]);
    return even + odd;
}

// Eight partial sums: the order of additions is fixed and the loop vectorises.
double qk_large_sum(const double *values, size_t count) {
    double sums[8] = {0};
    for (size_t i = 0; i < count; i += 8)
        for (size_t l = 0; l < 8; l++) sums[l] += values[i + l];
    return total(sums);
}

double qk_large_signed_sum(const double *re, const double *im, size_t count, uint32_t first,
                           uint32_t x, uint32_t z) {
    // Re(iʸ·(re + i·im)) is re, −im, −re, im for y = 0…3 modulo 4.
    const int y = __builtin_popcount(x & z) & 3;
    const double *values = y & 1 ? im : re;
    const double sign = y == 1 || y == 2 ? -1 : 1;
    double sums[8] = {0};
    double signs[8];
    for (uint32_t l = 0; l < 8; l++) signs[l] = __builtin_popcount(l & z) & 1 ? -sign : sign;
    for (size_t i = 0; i < count; i += 8) {
        const int odd = __builtin_popcount((first + (uint32_t)i) & z & ~7u) & 1;
        const double outer = odd ? -1 : 1;
        for (size_t l = 0; l < 8; l++) sums[l] += outer * signs[l] * values[i + l];
    }
    return total(sums);
}
