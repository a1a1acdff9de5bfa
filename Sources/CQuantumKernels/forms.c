// Expectation values by formula, without a state: see ClosedForm.swift.

#include "common.h"
#include <string.h>

typedef struct {
    qk_vector c, s;
} angle;

QK_INLINE angle angle_at(const double *cosines, const double *sines, int32_t slot, size_t part) {
    const qk_vector zero = {0};
    if (slot < 0) return (angle){zero + 1, zero};
    return (angle){QK_CONST_AT(cosines, slot)[part], QK_CONST_AT(sines, slot)[part]};
}

QK_INLINE void single(uint32_t qubits, const int32_t *linear, const int32_t *pairs, int32_t i,
                      const double *cosines, const double *sines, size_t part, qk_vector *value) {
    qk_vector product = angle_at(cosines, sines, linear[i], part).c;
    for (uint32_t k = 0; k < qubits; k++) {
        const int32_t slot = pairs[(uint32_t)i * qubits + k];
        if (slot >= 0) product *= QK_CONST_AT(cosines, slot)[part];
    }
    *value = product;
}

QK_INLINE void couple(uint32_t qubits, const int32_t *linear, const int32_t *pairs, int32_t i,
                      int32_t j, const double *cosines, const double *sines, size_t part,
                      qk_vector *value) {
    const angle a = angle_at(cosines, sines, linear[i], part);
    const angle b = angle_at(cosines, sines, linear[j], part);
    qk_vector sum = a.c * b.c - a.s * b.s, difference = a.c * b.c + a.s * b.s;
    for (uint32_t k = 0; k < qubits; k++) {
        const int32_t first = pairs[(uint32_t)i * qubits + k];
        const int32_t second = pairs[(uint32_t)j * qubits + k];
        if ((int32_t)k == i || (int32_t)k == j || (first < 0 && second < 0)) continue;
        const angle c = angle_at(cosines, sines, first, part);
        const angle d = angle_at(cosines, sines, second, part);
        const qk_vector even = c.c * d.c, odd = c.s * d.s;
        sum *= even - odd;
        difference *= even + odd;
    }
    *value = 0.5 * (sum + difference);
}

QK_CLONES
void qk_closed_form(uint32_t qubits, const int32_t *linear, const int32_t *pairs,
                    const qk_form_string *strings, const double *weights, size_t count,
                    const double *cosines, const double *sines, size_t valid,
                    double *expectations, double *means) {
    qk_vector sums[qk_parts] = {0};
    _Alignas(64) double values[qk_lanes];
    for (size_t k = 0; k < count; k++) {
        const qk_form_string s = strings[k];
        QK_EACH_PART {
            qk_vector value = {0};
            value += 1;
            if (s.first >= 0 && s.first == s.second)
                single(qubits, linear, pairs, s.first, cosines, sines, l, &value);
            else if (s.first >= 0)
                couple(qubits, linear, pairs, s.first, s.second, cosines, sines, l, &value);
            QK_AT(values, 0)[l] = s.sign * value;
            sums[l] += weights[k] * QK_AT(values, 0)[l];
        }
        for (size_t r = 0; r < valid; r++) expectations[r * count + k] = values[r];
    }
    memcpy(means, sums, valid * sizeof(double));
}
