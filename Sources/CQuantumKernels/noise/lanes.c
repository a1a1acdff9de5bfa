// Reading eight trajectories side by side.

#include "../common.h"
#include <string.h>

enum { qk_width = 2 * qk_lanes };

QK_CLONES
void qk_lanes_reduced(const double *state, size_t states, const uint8_t *qubits, uint32_t count,
                      double *out) {
    const size_t size = (size_t)1 << count;
    size_t offsets[4] = {0}, fixed = 0;
    for (size_t j = 0; j < size; j++) {
        for (uint32_t k = 0; k < count; k++) offsets[j] |= (j >> k & 1) << qubits[k];
        fixed |= offsets[j];
    }
    memset(out, 0, size * size * qk_width * sizeof(double));
    // The lower triangle; the upper one is its conjugate.
    for (size_t s = 0; s < states; s = ((s | fixed) + 1) & ~fixed)
        for (size_t row = 0; row < size; row++)
            for (size_t column = 0; column <= row; column++) {
                const double *a = state + (s | offsets[row]) * qk_width;
                const double *b = state + (s | offsets[column]) * qk_width;
                double *sum = out + (row * size + column) * qk_width;
                QK_EACH_PART {
                    const qk_vector ar = QK_CONST_AT(a, 0)[l], ai = QK_CONST_AT(a, 1)[l];
                    const qk_vector br = QK_CONST_AT(b, 0)[l], bi = QK_CONST_AT(b, 1)[l];
                    QK_AT(sum, 0)[l] += ar * br + ai * bi;
                    QK_AT(sum, 1)[l] += ai * br - ar * bi;
                }
            }
    for (size_t row = 0; row < size; row++)
        for (size_t column = row + 1; column < size; column++) {
            const double *from = out + (column * size + row) * qk_width;
            double *to = out + (row * size + column) * qk_width;
            for (size_t l = 0; l < qk_lanes; l++) {
                to[l] = from[l];
                to[qk_lanes + l] = -from[qk_lanes + l];
            }
        }
}

QK_CLONES
void qk_lanes_pauli(const double *state, size_t states, uint32_t x, uint32_t z, double *out) {
    // Re(iʸ·(re + i·im)) is re, −im, −re, im for y = 0…3 modulo 4.
    const int y = __builtin_popcount(x & z) & 3;
    double sum[qk_lanes] = {0};
    for (size_t s = 0; s < states; s++) {
        const double *a = state + s * qk_width, *b = state + (s ^ x) * qk_width;
        const int negative = (__builtin_popcount((uint32_t)s & z) & 1) ^ (y == 1 || y == 2);
        const double sign = negative ? -1 : 1;
        for (size_t l = 0; l < qk_lanes; l++) {
            // conj(b)·a
            const double re = b[l] * a[l] + b[qk_lanes + l] * a[qk_lanes + l];
            const double im = b[l] * a[qk_lanes + l] - b[qk_lanes + l] * a[l];
            sum[l] += sign * (y & 1 ? im : re);
        }
    }
    memcpy(out, sum, sizeof sum);
}

QK_CLONES
void qk_lanes_pick(const double *state, size_t states, const double *draws, uint32_t *outcomes) {
    double sum[qk_lanes] = {0};
    uint32_t found[qk_lanes];
    for (size_t l = 0; l < qk_lanes; l++) found[l] = 0;
    int done[qk_lanes] = {0};
    for (size_t s = 0; s < states; s++) {
        const double *a = state + s * qk_width;
        for (size_t l = 0; l < qk_lanes; l++) {
            const double p = a[l] * a[l] + a[qk_lanes + l] * a[qk_lanes + l];
            sum[l] += p;
            // Rounding may leave the last sum below the draw: then the last state that can occur.
            if (!done[l] && p > 0) found[l] = (uint32_t)s;
            done[l] |= sum[l] > draws[l];
        }
    }
    memcpy(outcomes, found, sizeof found);
}
