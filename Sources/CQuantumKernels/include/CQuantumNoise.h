// Kernels of the noisy simulators: density matrices in the Pauli basis, and trajectories.
#ifndef C_QUANTUM_NOISE_H
#define C_QUANTUM_NOISE_H

#include <stddef.h>
#include <stdint.h>

// A density matrix of n >= 2 qubits is 4^n real numbers Tr(P·rho). Bits 2q and 2q + 1 of an index
// are the x and z bit of P on qubit q. The lowest two qubits are the 16 lanes of a row; the others
// number the rows.

typedef struct {
    // Row of the group, 2 bits for each target that is not in the lanes, ascending.
    uint32_t input;
    // Lane i reads lane i ⊕ flip.
    uint32_t flip;
    // First of its factors: one, or 16, one for each lane.
    uint32_t factor;
} qk_pauli_term;

// A superoperator: row o of a group becomes the sum over terms[first[o] ..< first[o + 1]] of factor
// times input.
typedef struct {
    // Targets outside the lanes, at most 3: qubit minus 2, ascending.
    uint32_t rows;
    uint8_t row_qubits[4];
    // Whether factors are given for each lane.
    uint32_t wide;
    const uint32_t *first;
    const qk_pauli_term *terms;
    const double *factors;
} qk_pauli_op;

// 0, or an error number if there is no memory.
int qk_pauli_run(double *state, uint32_t qubits, const qk_pauli_op *ops, size_t count,
                 uint32_t threads);

// Trajectories: eight state vectors side by side, states × {real[8], imaginary[8]}.

// Reduced density matrices of 1 or 2 qubits: out[(row·D + column)·2 + part][lane], D = 2^count, bit
// i of row and column is qubits[i].
void qk_lanes_reduced(const double *state, size_t states, const uint8_t *qubits, uint32_t count,
                      double *out);

// ⟨P⟩ of each lane, as in qk_large_pauli.
void qk_lanes_pauli(const double *state, size_t states, uint32_t x, uint32_t z, double *out);

// The first state of each lane whose cumulative probability exceeds the lane's draw; states that
// cannot occur are not returned.
void qk_lanes_pick(const double *state, size_t states, const double *draws, uint32_t *outcomes);

#endif
