// From parameter vectors to phases, and sine and cosine of them.

#include "common.h"
#include <string.h>

QK_CLONES
void qk_load_lanes(const double *rows, size_t width, size_t valid, double *lanes) {
    for (size_t l = 0; l < qk_lanes; l++) {
        const double *row = rows + (l < valid ? l : valid - 1) * width;
        for (size_t i = 0; i < width; i++) lanes[i * qk_lanes + l] = row[i];
    }
}

QK_CLONES
void qk_store_lanes(const double *lanes, size_t width, size_t valid, double *rows) {
    for (size_t l = 0; l < valid; l++) {
        double *row = rows + l * width;
        for (size_t i = 0; i < width; i++) row[i] = lanes[i * qk_lanes + l];
    }
}

QK_INLINE
void add_term(const qk_program *program, const qk_term *term, const double *parameters,
              qk_vector *sum) {
    qk_vector product[qk_parts] = {0};
    QK_EACH_PART product[l] += term->coefficient;
    for (uint32_t f = term->first_factor; f < term->end_factor; f++) {
        const qk_factor *factor = program->factors + f;
        const qk_vector *x = QK_CONST_AT(parameters, factor->parameter);
        QK_EACH_PART product[l] *= factor->scale * x[l] + factor->offset;
    }
    QK_EACH_PART sum[l] += product[l];
}

QK_CLONES
void qk_phases(const qk_program *program, const double *parameters, double *angles, double *slots) {
    for (uint32_t a = 0; a < program->angles; a++) {
        qk_vector sum[qk_parts] = {0};
        for (uint32_t t = program->term_offsets[a]; t < program->term_offsets[a + 1]; t++)
            add_term(program, program->terms + t, parameters, sum);
        memcpy(angles + (size_t)a * qk_lanes, sum, sizeof sum);
    }
    for (uint32_t s = 0; s < program->slots; s++) {
        qk_vector sum[qk_parts] = {0};
        QK_EACH_PART sum[l] += program->constants[s];
        for (uint32_t i = program->share_offsets[s]; i < program->share_offsets[s + 1]; i++) {
            const double coefficient = program->shares[i].coefficient;
            const qk_vector *angle = QK_CONST_AT(angles, program->shares[i].angle);
            QK_EACH_PART sum[l] += coefficient * angle[l];
        }
        memcpy(slots + (size_t)s * qk_lanes, sum, sizeof sum);
    }
}

typedef int64_t qk_bits
    __attribute__((vector_size(QK_VECTOR * 8), aligned(QK_VECTOR * 8), may_alias));

// Where the mask is all ones, a; elsewhere b.
QK_INLINE
void choose(qk_vector *out, const qk_bits *mask, const qk_vector *a, const qk_vector *b) {
    *out = (qk_vector)((*mask & (qk_bits)*a) | (~*mask & (qk_bits)*b));
}

// Cody–Waite reduction by π/2 in three 27-bit parts and a rest (k·part is exact for k below 2^26),
// then the polynomials of fdlibm's k_sin.c and k_cos.c on [−π/4, π/4].
QK_INLINE
void sincos_part(const qk_vector *input, qk_vector *cosine, qk_vector *sine) {
    const qk_vector zero = {0}, limit = zero + 1e8, magic = zero + 0x1.8p52;
    qk_vector x = *input;
    qk_bits outside = x > limit;
    choose(&x, &outside, &limit, &x);
    const qk_vector low = -limit;
    outside = x < low;
    choose(&x, &outside, &low, &x);
    const qk_vector shifted = x * 0x1.45f306dc9c883p-1 + magic;
    const qk_vector k = shifted - magic;
    qk_vector r = x - k * 0x1.921fb54000000p+0;
    r = r - k * 0x1.10b4610000000p-30;
    r = r - k * 0x1.a626330000000p-58;
    r = r - k * 0x1.45c06e0e68948p-86;
    const qk_vector z = r * r;
    qk_vector p = zero + 1.58969099521155010221e-10;
    p = p * z + -2.50507602534068634195e-08;
    p = p * z + 2.75573137070700676789e-06;
    p = p * z + -1.98412698298579493134e-04;
    p = p * z + 8.33333333332248946124e-03;
    p = p * z + -1.66666666666666324348e-01;
    const qk_vector s = r + r * z * p;
    qk_vector q = zero + -1.13596475577881948265e-11;
    q = q * z + 2.08757232129817482790e-09;
    q = q * z + -2.75573143513906633035e-07;
    q = q * z + 2.48015872894767294178e-05;
    q = q * z + -1.38888888888741095749e-03;
    q = q * z + 4.16666666666666019037e-02;
    const qk_vector c = (1.0 - 0.5 * z) + z * z * q;
    // The low bits of the shifted quotient are the quadrant: odd ones swap, the second bit signs.
    const qk_bits quadrant = (qk_bits)shifted;
    const qk_bits different = ((qk_bits)s ^ (qk_bits)c) & -(quadrant & 1);
    *sine = (qk_vector)((qk_bits)s ^ different ^ ((quadrant & 2) << 62));
    *cosine = (qk_vector)((qk_bits)c ^ different ^ (((quadrant + 1) & 2) << 62));
}

QK_CLONES
void qk_sincos(const double *x, double *cosines, double *sines, size_t count) {
    for (size_t i = 0; i < count; i++)
        QK_EACH_PART
            sincos_part(QK_CONST_AT(x, i) + l, QK_AT(cosines, i) + l, QK_AT(sines, i) + l);
}

QK_CLONES
void qk_parity_table(double *table, double *scratch, uint32_t qubits, const int32_t *masks,
                     const int32_t *mask_slots, size_t count, const double *slots) {
    const size_t states = (size_t)1 << qubits;
    memset(scratch, 0, states * qk_lanes * sizeof(double));
    for (size_t i = 0; i < count; i++) {
        const double *phase = slots + (size_t)mask_slots[i] * qk_lanes;
        memcpy(scratch + (size_t)(uint32_t)masks[i] * qk_lanes, phase, qk_lanes * sizeof(double));
    }
    qk_walsh(scratch, qubits, (uint32_t)(states - 1), qk_lanes);
    for (size_t s = 0; s < states; s++) {
        QK_EACH_PART
            sincos_part(
                QK_CONST_AT(scratch, s) + l, QK_AT(table, 2 * s) + l, QK_AT(table, 2 * s + 1) + l);
    }
}
