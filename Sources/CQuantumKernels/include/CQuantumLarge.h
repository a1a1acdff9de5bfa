// Kernels of one large state vector, in double (suffix _f64) and single precision (_f32).
//
// Memory holds rows: `lanes` real parts, then as many imaginary parts, 64 bytes each; lanes are 8
// doubles or 16 floats. Amplitude s is lane s mod lanes of row s div lanes, so the lowest 3 (4)
// bits of s are "lane bits" and the others "row bits". A circuit runs as passes. In a pass the
// state is cut into chunks that fit a cache: the chunk's bits are the lowest `run_bits` of s and
// any other chosen ones, the remaining bits number the chunk. All operations of the pass are applied to one
// chunk before the next is touched; chunks are shared out among threads. No result depends on how.
// Fused multiply-add is used where the machine has it.
#ifndef C_QUANTUM_LARGE_H
#define C_QUANTUM_LARGE_H

#include <stddef.h>
#include <stdint.h>

enum { qk_large_dense = 0, qk_large_real = 1, qk_large_diagonal = 2, qk_large_permute = 3,
       qk_large_lanewise = 4 };
enum { qk_large_most_targets = 5 };

typedef struct {
    uint32_t kind;
    // Target bits that are row bits of the chunk, ascending: the matrix's most significant ones.
    uint32_t rows;
    uint8_t row_bits[8];
    // Target bits that are lane bits, ascending; they are all of a lane's bits for a diagonal that
    // reads any.
    uint32_t lanes;
    uint8_t lane_bits[4];
    // Row bits of the chunk, and bits of the chunk's number, that must be 1.
    uint64_t row_controls;
    uint64_t chunk_controls;
    // Dense: out[o] = Σ_t c[o][t]·in[t], t = input row·2^lanes + x, where x says which of the lane
    // bits are flipped; c is [o][t][re, im] (no im if real), each a number if `lanes` is 0, else a
    // vector of all lanes. Diagonal: a factor for each table index, likewise [re, im].
    const void *coefficients;
    // Lanewise: as dense without lane bits, but each factor is a vector of all lanes; 1 or 2 rows.
    // Permute: out[o] = in[source[o]].
    uint8_t source[8];
    // Diagonal: table index = low_index[row mod 64] | high_index[row div 64] | chunk_index[chunk].
    const uint32_t *low_index, *high_index, *chunk_index;
    // Diagonal: 1 for each table index whose factors are all 1.
    const uint8_t *is_identity;
} qk_large_op;

typedef struct {
    uint32_t bits;
    // The chunk's bits 0 ..< run_bits are those of the state; bit run_bits + i is bits_above[i].
    uint32_t run_bits;
    uint8_t bits_above[32];
    const qk_large_op *ops;
    size_t count;
} qk_large_pass;

// Lane bits: 3 and 4.
enum { qk_lane_bits_f64 = 3, qk_lane_bits_f32 = 4 };

// Calls work for each number below count, shared out among threads.
void qk_for_each(uint32_t threads, size_t count, void (*work)(void *context, size_t number),
              void *context);

// Memory for 2^qubits amplitudes, all zero but the first, which is 1; NULL if there is none.
void *qk_large_create_f64(uint32_t qubits, uint32_t threads);
void *qk_large_create_f32(uint32_t qubits, uint32_t threads);
void qk_large_destroy(void *state);

// Runs the passes; 0, or an error number if memory or threads could not be had.
int qk_large_run_f64(double *state, uint32_t qubits, const qk_large_pass *passes, size_t count,
                     uint32_t threads);
int qk_large_run_f32(float *state, uint32_t qubits, const qk_large_pass *passes, size_t count,
                     uint32_t threads);

// One operation on a state of 2^bits amplitudes as one chunk.
void qk_large_apply_f64(double *state, uint32_t bits, const qk_large_op *op);
void qk_large_apply_f32(float *state, uint32_t bits, const qk_large_op *op);

// Sums over blocks of 2^min(qubits, 12) amplitudes: |a|², one sum for each block.
int qk_large_norms_f64(const double *state, uint32_t qubits, double *sums, uint32_t threads);
int qk_large_norms_f32(const float *state, uint32_t qubits, double *sums, uint32_t threads);

// Sums over the same blocks: sums[k·blocks + block] is
// Re Σ_s iʸ·(−1)^parity(z[k] & s)·conj(a[s ⊕ x])·a[s], y the number of ones of x & z[k].
int qk_large_pauli_f64(const double *state, uint32_t qubits, uint32_t x, const uint32_t *z,
                       size_t count, double *sums, uint32_t threads);
int qk_large_pauli_f32(const float *state, uint32_t qubits, uint32_t x, const uint32_t *z,
                       size_t count, double *sums, uint32_t threads);

// probabilities[o] = Σ |a[s]|² over the s whose bit positions[i] is bit i of o for all i < count.
int qk_large_probabilities_f64(const double *state, uint32_t qubits, const uint8_t *positions,
                               uint32_t count, double *probabilities, uint32_t threads);
int qk_large_probabilities_f32(const float *state, uint32_t qubits, const uint8_t *positions,
                               uint32_t count, double *probabilities, uint32_t threads);

// |a[first + i]|² for i < count, first and count multiples of the lanes.
void qk_large_squares_f64(const double *state, size_t first, size_t count, double *squares);
void qk_large_squares_f32(const float *state, size_t first, size_t count, double *squares);

#endif
