// Kernels over state vectors of eight records.

#include "common.h"
#include <string.h>

enum { qk_width = 2 * qk_lanes };

// out = a·(c + is), eight complex numbers; out may be a.
QK_INLINE
void multiply_one(double *out, const double *a, const double *c, const double *s) {
    QK_EACH_LANE {
        const double re = a[l], im = a[qk_lanes + l];
        out[l] = re * c[l] - im * s[l];
        out[qk_lanes + l] = re * s[l] + im * c[l];
    }
}

// Fills upper[0 ..< 2^high] with the factor that bit `high` brings for each setting of the lower bits.
QK_INLINE
int row_factors(double *upper, uint32_t high, int32_t linear, const int32_t *pairs,
                const double *cosines, const double *sines) {
    int present = linear >= 0;
    QK_EACH_LANE upper[l] = present ? cosines[(size_t)linear * qk_lanes + l] : 1;
    QK_EACH_LANE upper[qk_lanes + l] = present ? sines[(size_t)linear * qk_lanes + l] : 0;
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
    QK_EACH_LANE table[l] = constant < 0 ? 1 : cosines[(size_t)constant * qk_lanes + l];
    QK_EACH_LANE table[qk_lanes + l] = constant < 0 ? 0 : sines[(size_t)constant * qk_lanes + l];
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
        const double value = (s & ~(size_t)uniform) == 0 ? 1 : 0;
        QK_EACH_LANE amplitude[l] = value;
        QK_EACH_LANE amplitude[qk_lanes + l] = 0;
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
void rotate_pair(double *a, double *b, const double *c, const double *ga, const double *gb,
                 int imaginary) {
    QK_EACH_LANE {
        const double ar = a[l], ai = a[qk_lanes + l], br = b[l], bi = b[qk_lanes + l];
        if (imaginary) {
            a[l] = c[l] * ar - ga[l] * bi;
            a[qk_lanes + l] = c[l] * ai + ga[l] * br;
            b[l] = c[l] * br - gb[l] * ai;
            b[qk_lanes + l] = c[l] * bi + gb[l] * ar;
        } else {
            a[l] = c[l] * ar + ga[l] * br;
            a[qk_lanes + l] = c[l] * ai + ga[l] * bi;
            b[l] = c[l] * br + gb[l] * ar;
            b[qk_lanes + l] = c[l] * bi + gb[l] * ai;
        }
    }
}

QK_CLONES
void qk_rotate(double *state, size_t states, uint32_t flip, uint32_t sign, uint32_t quarter_turns,
               const double *cosines, const double *sines) {
    // −i·iᵏ is −i, 1, i, −1 for k = 0…3.
    const int imaginary = (quarter_turns & 1) == 0;
    const int negative = quarter_turns == 0 || quarter_turns == 3;
    double factors[2][qk_lanes], c[qk_lanes];
    QK_EACH_LANE factors[0][l] = negative ? -sines[l] : sines[l];
    QK_EACH_LANE factors[1][l] = -factors[0][l];
    QK_EACH_LANE c[l] = cosines[l];
    const size_t pivot = (size_t)1 << (31 - __builtin_clz(flip));
    for (size_t block = 0; block < states; block += 2 * pivot) {
        for (size_t s = block; s < block + pivot; s++) {
            const size_t t = s ^ flip;
            const double *gs = factors[__builtin_popcount(sign & (uint32_t)t) & 1];
            const double *gt = factors[__builtin_popcount(sign & (uint32_t)s) & 1];
            if (imaginary)
                rotate_pair(state + s * qk_width, state + t * qk_width, c, gs, gt, 1);
            else
                rotate_pair(state + s * qk_width, state + t * qk_width, c, gs, gt, 0);
        }
    }
}

QK_CLONES
void qk_probabilities(const double *state, size_t states, double scale, const uint32_t *order,
                      double *probabilities) {
    for (size_t s = 0; s < states; s++) {
        const double *a = state + s * qk_width;
        double *out = probabilities + (order ? order[s] : s) * qk_lanes;
        QK_EACH_LANE out[l] = scale * (a[l] * a[l] + a[qk_lanes + l] * a[qk_lanes + l]);
    }
}

QK_CLONES
void qk_functional(const double *probabilities, const double *table, size_t states, double *mean,
                   double *variance) {
    double first[qk_lanes] = {0}, second[qk_lanes] = {0};
    for (size_t s = 0; s < states; s++) {
        const double h = table[s], *p = probabilities + s * qk_lanes;
        QK_EACH_LANE first[l] += h * p[l];
    }
    for (size_t s = 0; s < states; s++) {
        const double h = table[s], *p = probabilities + s * qk_lanes;
        QK_EACH_LANE second[l] += (h - first[l]) * (h - first[l]) * p[l];
    }
    memcpy(mean, first, sizeof first);
    memcpy(variance, second, sizeof second);
}
