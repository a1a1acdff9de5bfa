// Pauli strings on states of eight records: expectation values, and derivatives backwards through a
// circuit.

#include "common.h"
#include <string.h>

enum { qk_width = 2 * qk_lanes };

QK_INLINE int odd(uint32_t mask, size_t state) {
    return __builtin_popcount(mask & (uint32_t)state) & 1;
}

// sum += ±(x·u − y·v) or ±(x·u + y·v): one part of a product of complex numbers.
QK_INLINE void add_product(const double *a, const double *b, int crossed, int negative,
                           qk_vector *sum) {
    QK_EACH_PART {
        const qk_vector ar = QK_CONST_AT(a, 0)[l], ai = QK_CONST_AT(a, 1)[l];
        const qk_vector br = QK_CONST_AT(b, 0)[l], bi = QK_CONST_AT(b, 1)[l];
        // Real part of conj(a)·b, or the imaginary one.
        const qk_vector value = crossed ? ar * bi - ai * br : ar * br + ai * bi;
        sum[l] += negative ? -value : value;
    }
}

QK_CLONES
void qk_pauli_expectation(const double *state, size_t states, uint32_t flip, uint32_t sign,
                          uint32_t quarter_turns, double scale, double *output) {
    qk_vector sum[qk_parts] = {0};
    if (flip == 0) {
        for (size_t s = 0; s < states; s++) {
            const double *a = state + s * qk_width;
            add_product(a, a, 0, odd(sign, s), sum);
        }
        QK_EACH_PART QK_AT(output, 0)[l] = (quarter_turns == 2 ? -scale : scale) * sum[l];
        return;
    }
    // Both halves of a pair s, t bring the same: 2·Re(conj(a[s])·iᵏ·(−1)^parity(t)·a[t]).
    const size_t pivot = (size_t)1 << (31 - __builtin_clz(flip));
    const int crossed = quarter_turns & 1;
    for (size_t block = 0; block < states; block += 2 * pivot)
        for (size_t s = block; s < block + pivot; s++) {
            const size_t t = s ^ flip;
            add_product(state + s * qk_width, state + t * qk_width, crossed, odd(sign, t), sum);
        }
    // Re(iᵏ·z) is Re z, −Im z, −Re z, Im z.
    const int negative = quarter_turns == 1 || quarter_turns == 2;
    QK_EACH_PART QK_AT(output, 0)[l] = (negative ? -2 * scale : 2 * scale) * sum[l];
}

QK_CLONES
void qk_add_pauli(const double *state, size_t states, uint32_t flip, uint32_t sign,
                  uint32_t quarter_turns, double coefficient, double *output) {
    for (size_t s = 0; s < states; s++) {
        const size_t t = s ^ flip;
        const double *a = state + t * qk_width;
        double *out = output + s * qk_width;
        // iᵏ is 1, i, −1, −i.
        const int negative = (int)(quarter_turns >> 1) ^ odd(sign, t);
        const double c = negative ? -coefficient : coefficient;
        QK_EACH_PART {
            const qk_vector re = QK_CONST_AT(a, 0)[l], im = QK_CONST_AT(a, 1)[l];
            if (quarter_turns & 1) {
                QK_AT(out, 0)[l] -= c * im;
                QK_AT(out, 1)[l] += c * re;
            } else {
                QK_AT(out, 0)[l] += c * re;
                QK_AT(out, 1)[l] += c * im;
            }
        }
    }
}

QK_CLONES
void qk_weigh(const double *state, size_t states, const double *weights, double *output) {
    for (size_t s = 0; s < states; s++) {
        const double *a = state + s * qk_width;
        double *out = output + s * qk_width;
        QK_EACH_PART {
            QK_AT(out, 0)[l] = weights[s] * QK_CONST_AT(a, 0)[l];
            QK_AT(out, 1)[l] = weights[s] * QK_CONST_AT(a, 1)[l];
        }
    }
}

QK_CLONES
void qk_real_overlap(const double *a, const double *b, size_t states, double scale,
                     double *output) {
    qk_vector sum[qk_parts] = {0};
    for (size_t s = 0; s < states; s++)
        add_product(a + s * qk_width, b + s * qk_width, 0, 0, sum);
    QK_EACH_PART QK_AT(output, 0)[l] = scale * sum[l];
}

// Undoes a real or imaginary rotation on a pair: out[s] = c·a[s] − g·a[t], or with i·g.
QK_INLINE void unrotate(double *a, double *b, const double *cosines, const double *ga,
                        const double *gb, int imaginary) {
    QK_EACH_PART {
        const qk_vector ar = QK_AT(a, 0)[l], ai = QK_AT(a, 1)[l];
        const qk_vector br = QK_AT(b, 0)[l], bi = QK_AT(b, 1)[l];
        const qk_vector c = QK_CONST_AT(cosines, 0)[l];
        const qk_vector u = QK_CONST_AT(ga, 0)[l], v = QK_CONST_AT(gb, 0)[l];
        QK_AT(a, 0)[l] = imaginary ? c * ar + u * bi : c * ar - u * br;
        QK_AT(a, 1)[l] = imaginary ? c * ai - u * br : c * ai - u * bi;
        QK_AT(b, 0)[l] = imaginary ? c * br + v * ai : c * br - v * ar;
        QK_AT(b, 1)[l] = imaginary ? c * bi - v * ar : c * bi - v * ai;
    }
}

QK_CLONES
void qk_rotate_back(double *state, double *adjoint, size_t states, uint32_t flip, uint32_t sign,
                    uint32_t quarter_turns, const double *cosines, const double *sines,
                    double scale, double *gradient) {
    const int imaginary = (quarter_turns & 1) == 0;
    const int negative = quarter_turns == 0 || quarter_turns == 3;
    _Alignas(64) double factors[2][qk_lanes];
    for (size_t l = 0; l < qk_lanes; l++) {
        factors[negative][l] = sines[l];
        factors[1 - negative][l] = -sines[l];
    }
    qk_vector sum[qk_parts] = {0};
    const size_t pivot = (size_t)1 << (31 - __builtin_clz(flip));
    for (size_t block = 0; block < states; block += 2 * pivot)
        for (size_t s = block; s < block + pivot; s++) {
            const size_t t = s ^ flip;
            const int odd_s = odd(sign, s), odd_t = odd(sign, t);
            double *a = state + s * qk_width, *b = state + t * qk_width;
            double *x = adjoint + s * qk_width, *y = adjoint + t * qk_width;
            const double *gs = factors[odd_t], *gt = factors[odd_s];
            if (imaginary) {
                add_product(x, b, 1, odd_t, sum);
                add_product(y, a, 1, odd_s, sum);
                unrotate(a, b, cosines, gs, gt, 1);
                unrotate(x, y, cosines, gs, gt, 1);
            } else {
                add_product(x, b, 0, odd_t, sum);
                add_product(y, a, 0, odd_s, sum);
                unrotate(a, b, cosines, gs, gt, 0);
                unrotate(x, y, cosines, gs, gt, 0);
            }
        }
    // 2·Re⟨λ|−iP|ψ⟩ with −i·iᵏ = −i, 1, i, −1: 2 Im, 2 Re, −2 Im, −2 Re of Σ conj(λ)·(±ψ).
    const double sum_scale = quarter_turns < 2 ? 2 * scale : -2 * scale;
    QK_EACH_PART QK_AT(gradient, 0)[l] = sum_scale * sum[l];
}

QK_CLONES
void qk_crossed_products(const double *adjoint, const double *state, size_t states, double scale,
                         double *products) {
    for (size_t s = 0; s < states; s++) {
        const double *x = adjoint + s * qk_width, *a = state + s * qk_width;
        QK_EACH_PART {
            const qk_vector xr = QK_CONST_AT(x, 0)[l], xi = QK_CONST_AT(x, 1)[l];
            const qk_vector ar = QK_CONST_AT(a, 0)[l], ai = QK_CONST_AT(a, 1)[l];
            QK_AT(products, s)[l] = scale * (xr * ai - xi * ar);
        }
    }
}

QK_CLONES
void qk_pull_back(const qk_program *program, const double *parameters, const double *slot_gradients,
                  double *angle_gradients, double *gradients) {
    memset(angle_gradients, 0, (size_t)program->angles * qk_lanes * sizeof(double));
    for (uint32_t s = 0; s < program->slots; s++)
        for (uint32_t i = program->share_offsets[s]; i < program->share_offsets[s + 1]; i++) {
            double *out = angle_gradients + (size_t)program->shares[i].angle * qk_lanes;
            const double coefficient = program->shares[i].coefficient;
            QK_EACH_PART
                QK_AT(out, 0)[l] += coefficient * QK_CONST_AT(slot_gradients, s)[l];
        }
    for (uint32_t a = 0; a < program->angles; a++)
        for (uint32_t t = program->term_offsets[a]; t < program->term_offsets[a + 1]; t++) {
            const qk_term *term = program->terms + t;
            // The derivative by each factor is the product of all others.
            for (uint32_t f = term->first_factor; f < term->end_factor; f++) {
                const qk_factor *own = program->factors + f;
                double *out = gradients + (size_t)own->parameter * qk_lanes;
                QK_EACH_PART {
                    const double outer = term->coefficient * own->scale;
                    qk_vector product = outer * QK_CONST_AT(angle_gradients, a)[l];
                    for (uint32_t g = term->first_factor; g < term->end_factor; g++) {
                        if (g == f) continue;
                        const qk_factor *factor = program->factors + g;
                        const qk_vector x = QK_CONST_AT(parameters, factor->parameter)[l];
                        product *= factor->scale * x + factor->offset;
                    }
                    QK_AT(out, 0)[l] += product;
                }
            }
        }
}
