// Kernels for gates that are neither phases nor Hadamards: 2×2 matrices that differ by record, 4×4
// ones that do not, products of few phases, product states.

#include "common.h"
#include <string.h>

enum { qk_width = 2 * qk_lanes };

typedef struct {
    qk_vector re, im;
} qk_complex;

QK_INLINE qk_complex times(qk_complex a, qk_complex b) {
    return (qk_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

QK_INLINE qk_complex plus(qk_complex a, qk_complex b) {
    return (qk_complex){a.re + b.re, a.im + b.im};
}

QK_INLINE qk_complex load(const double *at, size_t part) {
    return (qk_complex){QK_CONST_AT(at, 0)[part], QK_CONST_AT(at, 1)[part]};
}

QK_INLINE void store(double *at, size_t part, qk_complex value) {
    QK_AT(at, 0)[part] = value.re;
    QK_AT(at, 1)[part] = value.im;
}

QK_INLINE qk_complex constant(const double *entry) {
    const qk_vector zero = {0};
    return (qk_complex){zero + entry[0], zero + entry[1]};
}

// MARK: Chains of one-qubit gates

QK_INLINE void multiply_link(const qk_link *link, const double *cosines, const double *sines,
                             size_t part, qk_complex *m) {
    const double *values = cosines + (size_t)link->slot * qk_lanes;
    const qk_vector c = link->kind == qk_link_fixed ? m[0].re : QK_CONST_AT(values, 0)[part];
    values = sines + (size_t)link->slot * qk_lanes;
    const qk_vector s = link->kind == qk_link_fixed ? m[0].re : QK_CONST_AT(values, 0)[part];
    for (size_t column = 0; column < 2; column++) {
        const qk_complex a = m[column], b = m[2 + column];
        switch (link->kind) {
        case qk_link_phase:
            m[2 + column] = times(b, (qk_complex){c, s});
            break;
        case qk_link_z:
            m[column] = times(a, (qk_complex){c, -s});
            m[2 + column] = times(b, (qk_complex){c, s});
            break;
        case qk_link_x:
            m[column] = (qk_complex){c * a.re + s * b.im, c * a.im - s * b.re};
            m[2 + column] = (qk_complex){c * b.re + s * a.im, c * b.im - s * a.re};
            break;
        case qk_link_y:
            m[column] = (qk_complex){c * a.re - s * b.re, c * a.im - s * b.im};
            m[2 + column] = (qk_complex){c * b.re + s * a.re, c * b.im + s * a.im};
            break;
        default:
            m[column] = plus(
                times(constant(link->matrix), a), times(constant(link->matrix + 2), b));
            m[2 + column] = plus(
                times(constant(link->matrix + 4), a), times(constant(link->matrix + 6), b));
        }
    }
}

QK_CLONES
void qk_chains(const qk_link *links, const uint32_t *ends, size_t count, const double *cosines,
               const double *sines, double *matrices) {
    uint32_t first = 0;
    for (size_t chain = 0; chain < count; chain++) {
        double *matrix = matrices + chain * qk_matrix_doubles;
        QK_EACH_PART {
            const qk_vector zero = {0};
            qk_complex m[4] = {{zero + 1, zero}, {zero, zero}, {zero, zero}, {zero + 1, zero}};
            for (uint32_t i = first; i < ends[chain]; i++)
                multiply_link(links + i, cosines, sines, l, m);
            for (size_t entry = 0; entry < 4; entry++) store(matrix + entry * qk_width, l, m[entry]);
        }
        first = ends[chain];
    }
}

// MARK: Matrices on states

QK_INLINE int odd(uint32_t mask, size_t state, uint32_t negated, int bit) {
    return (__builtin_popcount(mask & (uint32_t)state) ^ (int)(negated >> bit)) & 1;
}

QK_CLONES
void qk_pair(double *state, size_t states, const qk_pairing *pairing, const double *matrix) {
    const uint32_t flip = pairing->flip, negated = pairing->negated;
    const size_t pivot = (size_t)1 << (31 - __builtin_clz(flip));
    const double *m01 = matrix + qk_width, *m10 = m01 + qk_width, *m11 = m10 + qk_width;
    for (size_t block = 0; block < states; block += 2 * pivot) {
        for (size_t s = block; s < block + pivot; s++) {
            if (!odd(pairing->control_a, s, negated, 1) || !odd(pairing->control_b, s, negated, 2))
                continue;
            const int second = odd(pairing->orientation, s, negated, 0);
            double *p = state + (second ? s ^ flip : s) * qk_width;
            double *q = state + (second ? s : s ^ flip) * qk_width;
            QK_EACH_PART {
                const qk_complex a = load(p, l), b = load(q, l);
                store(p, l, plus(times(load(matrix, l), a), times(load(m01, l), b)));
                store(q, l, plus(times(load(m10, l), a), times(load(m11, l), b)));
            }
        }
    }
}

QK_CLONES
void qk_quad(double *state, size_t states, const qk_quads *quads, const double *matrix) {
    for (size_t s = 0; s < states; s++) {
        if (odd(quads->orientation[0], s, quads->negated, 0)
            || odd(quads->orientation[1], s, quads->negated, 1))
            continue;
        double *p[4];
        for (size_t k = 0; k < 4; k++) {
            const size_t t = s ^ (k & 1 ? quads->flip[0] : 0) ^ (k & 2 ? quads->flip[1] : 0);
            p[k] = state + t * qk_width;
        }
        QK_EACH_PART {
            const qk_complex a[4] = {load(p[0], l), load(p[1], l), load(p[2], l), load(p[3], l)};
            for (size_t row = 0; row < 4; row++) {
                const double *m = matrix + 8 * row;
                qk_complex sum = times(constant(m), a[0]);
                for (size_t k = 1; k < 4; k++) sum = plus(sum, times(constant(m + 2 * k), a[k]));
                store(p[row], l, sum);
            }
        }
    }
}

// MARK: Few phases

QK_CLONES
void qk_phase_factors(double *factors, const int32_t *slots, size_t count, const double *cosines,
                      const double *sines) {
    const int32_t constant_slot = slots[0];
    QK_EACH_PART {
        const qk_vector zero = {0};
        qk_complex start = {zero + 1, zero};
        if (constant_slot >= 0) {
            start.re = QK_CONST_AT(cosines, constant_slot)[l];
            start.im = QK_CONST_AT(sines, constant_slot)[l];
        }
        store(factors, l, start);
        for (size_t k = 0; k < count; k++) {
            const size_t half = (size_t)1 << k;
            const qk_vector c = QK_CONST_AT(cosines, slots[k + 1])[l];
            const qk_vector s = QK_CONST_AT(sines, slots[k + 1])[l];
            for (size_t i = 0; i < half; i++) {
                const qk_complex low = load(factors + i * qk_width, l);
                store(factors + (half + i) * qk_width, l, times(low, (qk_complex){c, -s}));
                store(factors + i * qk_width, l, times(low, (qk_complex){c, s}));
            }
        }
    }
}

QK_CLONES
void qk_multiply_groups(double *state, size_t states, size_t groups, const double *factors,
                        const uint8_t *patterns) {
    for (size_t s = 0; s < states; s++) {
        const uint8_t *own = patterns + s * groups;
        double *at = state + s * qk_width;
        QK_EACH_PART {
            qk_complex factor = load(factors + own[0] * qk_width, l);
            for (size_t g = 1; g < groups; g++) {
                const double *next = factors + (g * qk_group_patterns + own[g]) * qk_width;
                factor = times(factor, load(next, l));
            }
            store(at, l, times(load(at, l), factor));
        }
    }
}

// MARK: Product states

QK_CLONES
void qk_start_product(double *state, uint32_t qubits, const int32_t *starts,
                      const double *matrices) {
    const qk_vector zero = {0};
    QK_EACH_PART store(state, l, (qk_complex){zero + 1, zero});
    for (uint32_t bit = 0; bit < qubits; bit++) {
        const size_t half = (size_t)1 << bit;
        double *upper = state + half * qk_width;
        if (starts[bit] == qk_start_zero) {
            memset(upper, 0, half * qk_width * sizeof(double));
        } else if (starts[bit] == qk_start_uniform) {
            memcpy(upper, state, half * qk_width * sizeof(double));
        } else {
            const double *matrix = matrices + (size_t)starts[bit] * qk_matrix_doubles;
            QK_EACH_PART {
                const qk_complex v0 = load(matrix, l), v1 = load(matrix + 2 * qk_width, l);
                for (size_t i = 0; i < half; i++) {
                    const qk_complex a = load(state + i * qk_width, l);
                    store(upper + i * qk_width, l, times(a, v1));
                    store(state + i * qk_width, l, times(a, v0));
                }
            }
        }
    }
}
