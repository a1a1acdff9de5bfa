// Leaf kernels of the batched state-vector simulator and of the shot sampler.
//
// Pure functions over memory that the caller owns. Eight records ("lanes") are simulated at once:
// every quantity is eight doubles, one per record. A state is states × {real[8], imaginary[8]}.
// Compiled for several instruction sets and chosen at load time; contraction to fused multiply-add
// is off, so all of them, and the Swift reference, give the same bits.
#ifndef C_QUANTUM_KERNELS_H
#define C_QUANTUM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CQuantumLarge.h"
#include "CQuantumNoise.h"

enum { qk_lanes = 8 };

typedef struct {
    double scale;
    double offset;
    uint32_t parameter;
} qk_factor;

typedef struct {
    double coefficient;
    uint32_t first_factor;
    uint32_t end_factor;
} qk_term;

typedef struct {
    double coefficient;
    uint32_t angle;
} qk_share;

// Angle expressions and the phases that are affine in them. Lists are delimited by offsets:
// angle a sums terms[term_offsets[a] ..< term_offsets[a+1]], slot likewise with shares.
typedef struct {
    const qk_factor *factors;
    const qk_term *terms;
    const uint32_t *term_offsets;
    uint32_t angles;
    const qk_share *shares;
    const uint32_t *share_offsets;
    const double *constants;
    uint32_t slots;
} qk_program;

// Transposes `valid` (1 to 8) rows of `width` doubles into lanes; missing rows repeat the last one.
void qk_load_lanes(const double *rows, size_t width, size_t valid, double *lanes);

// Transposes `width` lanes back into `valid` rows.
void qk_store_lanes(const double *lanes, size_t width, size_t valid, double *rows);

// Evaluates the program: parameters (lanes) to angles and slots (lanes).
void qk_phases(const qk_program *program, const double *parameters, double *angles, double *slots);

// Sine and cosine of count × 8 doubles, absolute error below 1e-15 for |x| up to 1e8; saturates
// beyond.
void qk_sincos(const double *x, double *cosines, double *sines, size_t count);

// exp(i·phase) table for products of bits up to pairs, by doubling. Slot −1 means absent; pair (j,
// k), j < k, is at k(k−1)/2 + j.
void qk_two_local_table(double *table, uint32_t qubits, int32_t constant, const int32_t *linear,
                        const int32_t *pairs, const double *cosines, const double *sines);

// exp(i·phase) table for any parities: scatters slots to masks, transforms, takes sine and cosine.
// scratch: states × 8 doubles.
void qk_parity_table(double *table, double *scratch, uint32_t qubits, const int32_t *masks,
                     const int32_t *mask_slots, size_t count, const double *slots);

// States whose bits lie within `uniform` become 1, all others 0.
void qk_start(double *state, uint32_t qubits, uint32_t uniform);

// state *= table, amplitude by amplitude.
void qk_multiply(double *state, const double *table, size_t states);

// Unnormalised Walsh–Hadamard butterflies on the bits of mask. width: doubles per item, 8 or 16.
void qk_walsh(double *data, uint32_t bits, uint32_t mask, size_t width);

// exp(−iθP/2) with cos and sin of θ/2 per lane; see SimulationPlan.Rotation.
void qk_rotate(double *state, size_t states, uint32_t flip, uint32_t sign, uint32_t quarter_turns,
               const double *cosines, const double *sines);

// probabilities[order[s]] = scale·|state[s]|²; order may be NULL for s itself.
void qk_probabilities(const double *state, size_t states, double scale, const uint32_t *order,
                      double *probabilities);

// Walsh–Hadamard transform in place that is exact only at masks of weight up to 2, at 5/n of the
// work.
void qk_walsh_to_pairs(double *data, uint32_t bits);

// Reads a transform: row r of expectations is transformed[masks[k]] for each k, and means[r] is
// their sum weighted by weights, for the first `valid` lanes r.
void qk_read_strings(const double *transformed, const uint32_t *masks, const double *weights,
                     size_t count, size_t valid, double *expectations, double *means);

// Sampling limits of each lane: limits[lane·states + s] = round(2³¹·Σ_{k≤s} p[k]) − 1, and
// INT32_MAX in the last. states × 8 probabilities, 8 × states limits. A 31-bit uniform word w is
// outcome s iff limits[s−1] < w ≤ limits[s].
void qk_limits(const double *probabilities, size_t states, int32_t *limits);

// Draws `shots` outcomes with Philox4x32-10 keyed by seed; shot i reads word i mod 4 of counter i
// div 4. scratch: qk_sample_scratch(states) bytes. counts: states entries, overwritten.
void qk_sample(uint64_t seed, uint64_t stream, uint32_t shots, const int32_t *limits,
               uint32_t states, void *scratch, uint32_t *counts);
size_t qk_sample_scratch(uint32_t states);

// Σ over outcomes of count·(±1) for every Z string: integer Walsh–Hadamard transform in place.
void qk_count_walsh(int32_t *counts, uint32_t bits);

// Mean of table over the shots and the unbiased variance of one shot.
void qk_count_functional(const uint32_t *counts, const double *table, size_t states, uint32_t shots,
                         double *mean, double *variance);

#endif
