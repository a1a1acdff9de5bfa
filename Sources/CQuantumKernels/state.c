// Kernels over state vectors of eight records.

#include "common.h"
#include <string.h>

enum { qk_width = 2 * qk_lanes };

// out = a·(c + is), eight complex numbers; out may be a, or c and s.
QK_INLINE
void multiply_one(double *out, const double *a, const double *c, const double *s) {
    QK_EACH_PART {
        const qk_vector re = QK_CONST_AT(a, 0)[l], im = QK_CONST_AT(a, 1)[l];
        const qk_vector cosine = QK_CONST_AT(c, 0)[l], sine = QK_CONST_AT(s, 0)[l];
        QK_AT(out, 0)[l] = re * cosine - im * sine;
        QK_AT(out, 1)[l] = re * sine + im * cosine;
    }
}

QK_INLINE
void set(double *out, double value) {
    for (size_t l = 0; l < qk_lanes; l++) out[l] = value;
}

// out = the eight values of a slot, or `value` if there is none.
QK_INLINE
void set_slot(double *out, const double *values, int32_t slot, double value) {
    if (slot < 0) set(out, value);
    else memcpy(out, values + (size_t)slot * qk_lanes, qk_lanes * sizeof(double));
}

// Fills upper[0 ..< 2^high] with the factor that bit `high` brings for each setting of the lower
// bits.
QK_INLINE
int row_factors(double *upper, uint32_t high, int32_t linear, const int32_t *pairs,
                const double *cosines, const double *sines) {
    int present = linear >= 0;
    set_slot(upper, cosines, linear, 1);
    set_slot(upper + qk_lanes, sines, linear, 0);
    for (uint32_t low = 0; low < high; low++) {
        const size_t half = (size_t)1 << low;
        if (pairs[low] < 0) {
            memcpy(upper + half * qk_width, upper, half * qk_width * sizeof(double));
            continue;
        }
        present = 1;
        const double *c = cosines + (size_t)pairs[low] * qk_lanes;
        const double *s = sines + (size_t)pairs[low] * qk_lanes;
        for (size_t i = 0; i < half; i++)
            multiply_one(upper + (half + i) * qk_width, upper + i * qk_width, c, s);
    }
    return present;
}

QK_CLONES
void qk_two_local_table(double *table, uint32_t qubits, int32_t constant, const int32_t *linear,
                        const int32_t *pairs, const double *cosines, const double *sines) {
    set_slot(table, cosines, constant, 1);
    set_slot(table + qk_lanes, sines, constant, 0);
    for (uint32_t high = 0; high < qubits; high++) {
        const size_t half = (size_t)1 << high;
        double *upper = table + half * qk_width;
        const int32_t *row = pairs + (size_t)high * (high - 1) / 2;
        if (!row_factors(upper, high, linear[high], row, cosines, sines)) {
            memcpy(upper, table, half * qk_width * sizeof(double));
            continue;
        }
        for (size_t i = 0; i < half; i++) {
            double *factor = upper + i * qk_width;
            multiply_one(factor, table + i * qk_width, factor, factor + qk_lanes);
        }
    }
}

QK_CLONES
void qk_start(double *state, uint32_t qubits, uint32_t uniform) {
    const size_t states = (size_t)1 << qubits;
    for (size_t s = 0; s < states; s++) {
        double *amplitude = state + s * qk_width;
        set(amplitude, (s & ~(size_t)uniform) == 0 ? 1 : 0);
        set(amplitude + qk_lanes, 0);
    }
}

QK_CLONES
void qk_multiply(double *state, const double *table, size_t states) {
    for (size_t s = 0; s < states; s++) {
        const double *factor = table + s * qk_width;
        multiply_one(state + s * qk_width, state + s * qk_width, factor, factor + qk_lanes);
    }
}

// Real factor g: out[s] = c·a[s] + g·a[t]. Imaginary: out[s] = c·a[s] + ig·a[t].
QK_INLINE
void rotate_pair(double *a, double *b, const double *cosines, const double *factor_a,
                 const double *factor_b, int imaginary) {
    QK_EACH_PART {
        const qk_vector ar = QK_AT(a, 0)[l], ai = QK_AT(a, 1)[l];
        const qk_vector br = QK_AT(b, 0)[l], bi = QK_AT(b, 1)[l];
        const qk_vector c = QK_CONST_AT(cosines, 0)[l];
        const qk_vector ga = QK_CONST_AT(factor_a, 0)[l], gb = QK_CONST_AT(factor_b, 0)[l];
        QK_AT(a, 0)[l] = imaginary ? c * ar - ga * bi : c * ar + ga * br;
        QK_AT(a, 1)[l] = imaginary ? c * ai + ga * br : c * ai + ga * bi;
        QK_AT(b, 0)[l] = imaginary ? c * br - gb * ai : c * br + gb * ar;
        QK_AT(b, 1)[l] = imaginary ? c * bi + gb * ar : c * bi + gb * ai;
    }
}

QK_CLONES
void qk_rotate(double *state, size_t states, uint32_t flip, uint32_t sign, uint32_t quarter_turns,
               const double *cosines, const double *sines) {
    // −i·iᵏ is −i, 1, i, −1 for k = 0…3.
    const int imaginary = (quarter_turns & 1) == 0;
    const int negative = quarter_turns == 0 || quarter_turns == 3;
    _Alignas(64) double factors[2][qk_lanes];
    for (size_t l = 0; l < qk_lanes; l++) {
        factors[negative][l] = sines[l];
        factors[1 - negative][l] = -sines[l];
    }
    const size_t pivot = (size_t)1 << (31 - __builtin_clz(flip));
    for (size_t block = 0; block < states; block += 2 * pivot) {
        for (size_t s = block; s < block + pivot; s++) {
            const size_t t = s ^ flip;
            const double *gs = factors[__builtin_popcount(sign & (uint32_t)t) & 1];
            const double *gt = factors[__builtin_popcount(sign & (uint32_t)s) & 1];
            if (imaginary)
                rotate_pair(state + s * qk_width, state + t * qk_width, cosines, gs, gt, 1);
            else
                rotate_pair(state + s * qk_width, state + t * qk_width, cosines, gs, gt, 0);
        }
    }
}

QK_CLONES
void qk_probabilities(const double *state, size_t states, double scale, const uint32_t *order,
                      double *probabilities) {
    for (size_t s = 0; s < states; s++) {
        const double *a = state + s * qk_width;
        const size_t target = order ? order[s] : s;
        QK_EACH_PART {
            const qk_vector re = QK_CONST_AT(a, 0)[l], im = QK_CONST_AT(a, 1)[l];
            QK_AT(probabilities, target)[l] = scale * (re * re + im * im);
        }
    }
}

QK_CLONES
void qk_read_strings(const double *transformed, const uint32_t *masks, const double *weights,
                     size_t count, size_t valid, double *expectations, double *means) {
    qk_vector sum[qk_parts] = {0};
    for (size_t k = 0; k < count; k++) {
        const double *values = transformed + (size_t)masks[k] * qk_lanes;
        QK_EACH_PART sum[l] += weights[k] * QK_CONST_AT(values, 0)[l];
        for (size_t r = 0; r < valid; r++) expectations[r * count + k] = values[r];
    }
    memcpy(means, sum, valid * sizeof(double));
}
