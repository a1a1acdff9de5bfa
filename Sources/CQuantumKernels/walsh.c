// Walsh–Hadamard transforms: the only place where amplitudes of different basis states meet in
// bulk.

#include "common.h"

// Butterflies of radix 2, 4 or 8 on eight doubles of items that lie `a`, `b`, `c` doubles apart.
QK_INLINE void radix2(double *data, size_t a) {
    qk_vector *p = (qk_vector *)data, *q = (qk_vector *)(data + a);
    QK_EACH_PART {
        const qk_vector x0 = p[l], x1 = q[l];
        p[l] = x0 + x1;
        q[l] = x0 - x1;
    }
}

QK_INLINE void radix4(double *data, size_t a, size_t b) {
    qk_vector *p0 = (qk_vector *)data, *p1 = (qk_vector *)(data + a);
    qk_vector *p2 = (qk_vector *)(data + b), *p3 = (qk_vector *)(data + a + b);
    QK_EACH_PART {
        const qk_vector x0 = p0[l], x1 = p1[l], x2 = p2[l], x3 = p3[l];
        const qk_vector y0 = x0 + x1, y1 = x0 - x1, y2 = x2 + x3, y3 = x2 - x3;
        p0[l] = y0 + y2;
        p1[l] = y1 + y3;
        p2[l] = y0 - y2;
        p3[l] = y1 - y3;
    }
}

QK_INLINE void radix8(double *data, size_t a, size_t b, size_t c) {
    double *far = data + c;
    qk_vector *p0 = (qk_vector *)data, *p1 = (qk_vector *)(data + a);
    qk_vector *p2 = (qk_vector *)(data + b), *p3 = (qk_vector *)(data + a + b);
    qk_vector *p4 = (qk_vector *)far, *p5 = (qk_vector *)(far + a);
    qk_vector *p6 = (qk_vector *)(far + b), *p7 = (qk_vector *)(far + a + b);
    QK_EACH_PART {
        const qk_vector x0 = p0[l], x1 = p1[l], x2 = p2[l], x3 = p3[l];
        const qk_vector x4 = p4[l], x5 = p5[l], x6 = p6[l], x7 = p7[l];
        const qk_vector y0 = x0 + x1, y1 = x0 - x1, y2 = x2 + x3, y3 = x2 - x3;
        const qk_vector y4 = x4 + x5, y5 = x4 - x5, y6 = x6 + x7, y7 = x6 - x7;
        const qk_vector z0 = y0 + y2, z1 = y1 + y3, z2 = y0 - y2, z3 = y1 - y3;
        const qk_vector z4 = y4 + y6, z5 = y5 + y7, z6 = y4 - y6, z7 = y5 - y7;
        p0[l] = z0 + z4;
        p1[l] = z1 + z5;
        p2[l] = z2 + z6;
        p3[l] = z3 + z7;
        p4[l] = z0 - z4;
        p5[l] = z1 - z5;
        p6[l] = z2 - z6;
        p7[l] = z3 - z7;
    }
}

// Steps through items [0, count) whose bits at the ascending steps a < b < c are clear.
QK_INLINE void pass(double *data, size_t count, const size_t *step, int radix_bits) {
    const size_t a = step[0], b = radix_bits > 1 ? step[1] : count;
    const size_t c = radix_bits > 2 ? step[2] : count;
    const size_t outer = radix_bits > 2 ? 2 * c : count;
    const size_t middle = radix_bits > 1 ? 2 * b : count;
    for (size_t i = 0; i < count; i += outer)
        for (size_t j = i; j < (radix_bits > 2 ? i + c : i + count); j += middle)
            for (size_t k = j; k < (radix_bits > 1 ? j + b : j + count); k += 2 * a)
                for (size_t m = k; m < k + a; m += qk_lanes) {
                    if (radix_bits == 3) radix8(data + m, a, b, c);
                    else if (radix_bits == 2) radix4(data + m, a, b);
                    else radix2(data + m, a);
                }
}

QK_INLINE void transform(double *data, size_t count, const size_t *steps, uint32_t bits) {
    while (bits > 0) {
        // 4 bits are better done as 2 + 2 than as 3 + 1.
        const uint32_t take = bits >= 3 && bits != 4 ? 3 : bits >= 2 ? 2 : 1;
        if (take == 3) pass(data, count, steps, 3);
        else if (take == 2) pass(data, count, steps, 2);
        else pass(data, count, steps, 1);
        steps += take;
        bits -= take;
    }
}

QK_CLONES
void qk_walsh(double *data, uint32_t bits, uint32_t mask, size_t width) {
    // Blocks of 2^11 doubles (16 KiB) stay in the first-level cache for all their low bits.
    size_t steps[32];
    uint32_t low = 0, total = 0;
    const size_t block = 2048, count = width << bits;
    for (uint32_t bit = 0; bit < bits; bit++) {
        if (!(mask >> bit & 1)) continue;
        steps[total++] = width << bit;
        if ((width << (bit + 1)) <= block) low = total;
    }
    if (count <= 2 * block) {
        transform(data, count, steps, total);
        return;
    }
    for (size_t start = 0; low > 0 && start < count; start += block)
        transform(data + start, block, steps, low);
    transform(data, count, steps + low, total - low);
}

// One level of the pruned transform on the block of prefix `start`: both halves, or only the sum.
QK_INLINE void halve(double *data, size_t start, size_t half, int both) {
    double *low = data + start * qk_lanes, *high = low + half * qk_lanes;
    if (both) {
        for (size_t i = 0; i < half * qk_lanes; i += qk_lanes) radix2(low + i, half * qk_lanes);
        return;
    }
    for (size_t i = 0; i < half; i++)
        QK_EACH_PART QK_AT(low, i)[l] += QK_CONST_AT(high, i)[l];
}

QK_CLONES
void qk_walsh_to_pairs(double *data, uint32_t bits) {
    for (uint32_t level = bits; level-- > 0;) {
        const size_t half = (size_t)1 << level;
        halve(data, 0, half, 1);
        for (uint32_t i = level + 1; i < bits; i++) {
            halve(data, (size_t)1 << i, half, 1);
            for (uint32_t j = level + 1; j < i; j++)
                halve(data, (size_t)1 << i | (size_t)1 << j, half, 0);
        }
    }
}

QK_CLONES
void qk_count_walsh(int32_t *counts, uint32_t bits) {
    const size_t states = (size_t)1 << bits;
    for (size_t half = 1; half < states; half *= 2) {
        for (size_t start = 0; start < states; start += 2 * half) {
            int32_t *low = counts + start, *high = low + half;
#pragma clang loop vectorize(assume_safety)
            for (size_t i = 0; i < half; i++) {
                const int32_t x = low[i], y = high[i];
                low[i] = x + y;
                high[i] = x - y;
            }
        }
    }
}
