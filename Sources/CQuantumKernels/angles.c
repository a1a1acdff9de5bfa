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
void add_term(const qk_program *program, const qk_term *term, const double *parameters, double *sum) {
    double product[qk_lanes];
    QK_EACH_LANE product[l] = term->coefficient;
    for (uint32_t f = term->first_factor; f < term->end_factor; f++) {
        const qk_factor *factor = program->factors + f;
        const double *x = parameters + (size_t)factor->parameter * qk_lanes;
        QK_EACH_LANE product[l] *= factor->scale * x[l] + factor->offset;
    }
    QK_EACH_LANE sum[l] += product[l];
}

QK_CLONES
void qk_phases(const qk_program *program, const double *parameters, double *angles, double *slots) {
    for (uint32_t a = 0; a < program->angles; a++) {
        double sum[qk_lanes] = {0};
        for (uint32_t t = program->term_offsets[a]; t < program->term_offsets[a + 1]; t++)
            add_term(program, program->terms + t, parameters, sum);
        memcpy(angles + (size_t)a * qk_lanes, sum, sizeof sum);
    }
    for (uint32_t s = 0; s < program->slots; s++) {
        double sum[qk_lanes];
        QK_EACH_LANE sum[l] = program->constants[s];
        for (uint32_t i = program->share_offsets[s]; i < program->share_offsets[s + 1]; i++) {
            const double coefficient = program->shares[i].coefficient;
            const double *angle = angles + (size_t)program->shares[i].angle * qk_lanes;
            QK_EACH_LANE sum[l] += coefficient * angle[l];
        }
        memcpy(slots + (size_t)s * qk_lanes, sum, sizeof sum);
    }
}

// Cody–Waite reduction by π/2 in three 27-bit parts and a rest (k·part is exact for k below 2^26), then
// the polynomials of fdlibm's k_sin.c and k_cos.c on [−π/4, π/4]. Integer arithmetic picks and signs the
// results, because SSE2 has no 64-bit compare.
QK_INLINE
void sincos_one(double input, double *cosine, double *sine) {
    const double limit = 1e8, magic = 0x1.8p52;
    double x = input > limit ? limit : input;
    x = x < -limit ? -limit : x;
    const double shifted = x * 0x1.45f306dc9c883p-1 + magic;
    const double k = shifted - magic;
    double r = x - k * 0x1.921fb54000000p+0;
    r = r - k * 0x1.10b4610000000p-30;
    r = r - k * 0x1.a626330000000p-58;
    r = r - k * 0x1.45c06e0e68948p-86;
    const double z = r * r;
    double p = 1.58969099521155010221e-10;
    p = p * z + -2.50507602534068634195e-08;
    p = p * z + 2.75573137070700676789e-06;
    p = p * z + -1.98412698298579493134e-04;
    p = p * z + 8.33333333332248946124e-03;
    p = p * z + -1.66666666666666324348e-01;
    const double s = r + r * z * p;
    double q = -1.13596475577881948265e-11;
    q = q * z + 2.08757232129817482790e-09;
    q = q * z + -2.75573143513906633035e-07;
    q = q * z + 2.48015872894767294178e-05;
    q = q * z + -1.38888888888741095749e-03;
    q = q * z + 4.16666666666666019037e-02;
    const double c = (1.0 - 0.5 * z) + z * z * q;
    uint64_t quadrant, sine_bits, cosine_bits;
    memcpy(&quadrant, &shifted, 8);
    memcpy(&sine_bits, &s, 8);
    memcpy(&cosine_bits, &c, 8);
    const uint64_t swap = 0 - (quadrant & 1);
    const uint64_t different = (sine_bits ^ cosine_bits) & swap;
    const uint64_t sine_result = sine_bits ^ different ^ ((quadrant & 2) << 62);
    const uint64_t cosine_result = cosine_bits ^ different ^ (((quadrant + 1) & 2) << 62);
    memcpy(sine, &sine_result, 8);
    memcpy(cosine, &cosine_result, 8);
}

QK_CLONES
void qk_sincos(const double *x, double *cosines, double *sines, size_t count) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) sincos_one(x[i], cosines + i, sines + i);
}

QK_CLONES
void qk_parity_table(double *table, double *scratch, uint32_t qubits, const int32_t *masks,
                     const int32_t *mask_slots, size_t count, const double *slots) {
    const size_t states = (size_t)1 << qubits;
    memset(scratch, 0, states * qk_lanes * sizeof(double));
    for (size_t i = 0; i < count; i++) {
        memcpy(scratch + (size_t)(uint32_t)masks[i] * qk_lanes, slots + (size_t)mask_slots[i] * qk_lanes,
               qk_lanes * sizeof(double));
    }
    qk_walsh(scratch, qubits, (uint32_t)(states - 1), qk_lanes);
    for (size_t s = 0; s < states; s++) {
        const double *phase = scratch + s * qk_lanes;
        double *out = table + s * 2 * qk_lanes;
        QK_EACH_LANE sincos_one(phase[l], out + l, out + qk_lanes + l);
    }
}
