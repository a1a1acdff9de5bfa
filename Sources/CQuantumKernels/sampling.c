// Shots: Philox words against cumulative limits, in integers only.

#include "common.h"
#include <string.h>

enum {
    counters_per_round = 8,        // Philox blocks computed side by side
    words_per_round = 4 * counters_per_round,
    lanes_per_compare = 16,
    words_per_chunk = 1024,          // 4 KiB
    compared_states = 32,          // up to here, counting words above each limit beats look-ups
    most_guide_bits = 13,
};

QK_CLONES
void qk_limits(const double *probabilities, size_t states, int32_t *limits) {
    double sum[qk_lanes] = {0};
    for (size_t s = 0; s + 1 < states; s++) {
        const double *p = probabilities + s * qk_lanes;
        int32_t limit[qk_lanes];
#pragma clang loop vectorize(assume_safety)
        for (size_t l = 0; l < qk_lanes; l++) {
            sum[l] += p[l];
            // Clamped before conversion: rounding may leave the sum just above 1. Adding and taking
            // away 1.5·2⁵² rounds to the nearest integer.
            double scaled = sum[l] * 0x1p31 - 1.0;
            scaled = scaled < -1.0 ? -1.0 : scaled;
            scaled = scaled > 2147483647.0 ? 2147483647.0 : scaled;
            limit[l] = (int32_t)((scaled + 0x1.8p52) - 0x1.8p52);
        }
        for (size_t l = 0; l < qk_lanes; l++) limits[l * states + s] = limit[l];
    }
    for (size_t l = 0; l < qk_lanes; l++) limits[l * states + states - 1] = INT32_MAX;
}

typedef uint64_t philox_words __attribute__((vector_size(32), aligned(32), may_alias));

// words_per_round 31-bit words for counters first ..< first + 8. Words 0 and 1 of counter i are at
// 2i and 2i + 1, words 2 and 3 at 16 + 2i and 16 + 2i + 1: see `shot_at`.
//
// Each 32-bit word sits in the low half of 64 bits; the widening multiply ignores the high half, so
// rubbish may stay there until the end.
QK_INLINE
void philox(uint64_t seed, uint64_t stream, uint64_t first, int32_t *words) {
    const uint64_t low_half = 0xFFFFFFFFu;
    philox_words *out = (philox_words *)words;
    philox_words c0[2], c1[2], c2[2], c3[2];
    for (int i = 0; i < 2; i++) {
        const philox_words counter = first + (uint64_t)(4 * i) + (philox_words){0, 1, 2, 3};
        c0[i] = counter;
        c1[i] = counter >> 32;
        c2[i] = (philox_words){0} + stream;
        c3[i] = c2[i] >> 32;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 2; i++) {
            const philox_words a = (c0[i] & low_half) * (uint64_t)0xD2511F53u;
            const philox_words b = (c2[i] & low_half) * (uint64_t)0xCD9E8D57u;
            c0[i] = (b >> 32) ^ c1[i] ^ (uint64_t)k0;
            c2[i] = (a >> 32) ^ c3[i] ^ (uint64_t)k1;
            c1[i] = b;
            c3[i] = a;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    const uint64_t low_mask = 0x7FFFFFFFu, high_mask = low_mask << 32;
    for (int i = 0; i < 2; i++) {
        out[i] = ((c0[i] >> 1) & low_mask) | ((c1[i] << 31) & high_mask);
        out[2 + i] = ((c2[i] >> 1) & low_mask) | ((c3[i] << 31) & high_mask);
    }
}

// Which shot of its round position `at` is, by philox's layout.
QK_INLINE uint32_t shot_at(uint32_t at) {
    const uint32_t half = at / (2 * counters_per_round), rest = at % (2 * counters_per_round);
    return 4 * (rest / 2) + 2 * half + rest % 2;
}

// Fills a chunk for shots first ..< first + count, padded to whole rounds; unused words are −1,
// which is above no limit. Returns the padded count.
QK_INLINE
uint32_t fill(uint64_t seed, uint64_t stream, uint32_t first, uint32_t count, int32_t *words) {
    uint32_t done = 0;
    for (; done < count; done += words_per_round)
        philox(seed, stream, (uint64_t)(first + done) / 4, words + done);
    for (uint32_t i = 0; i < words_per_round && done > count; i++)
        if (shot_at(i) >= count - (done - words_per_round)) words[done - words_per_round + i] = -1;
    return done;
}

// above[s] += words greater than limits[s], four limits a pass.
QK_INLINE
void compare(const int32_t *words, uint32_t padded, const int32_t *limits, uint32_t states,
             uint32_t *above) {
    for (uint32_t s = 0; s < states; s += 4) {
        int32_t n0[lanes_per_compare] = {0}, n1[lanes_per_compare] = {0};
        int32_t n2[lanes_per_compare] = {0}, n3[lanes_per_compare] = {0};
        const int32_t t0 = limits[s], t1 = limits[s + 1 < states ? s + 1 : s];
        const int32_t t2 = limits[s + 2 < states ? s + 2 : s];
        const int32_t t3 = limits[s + 3 < states ? s + 3 : s];
        for (uint32_t w = 0; w < padded; w += lanes_per_compare) {
#pragma clang loop vectorize(assume_safety)
            for (uint32_t i = 0; i < lanes_per_compare; i++) {
                const int32_t word = words[w + i];
                n0[i] += word > t0;
                n1[i] += word > t1;
                n2[i] += word > t2;
                n3[i] += word > t3;
            }
        }
        const int32_t *sums[4] = {n0, n1, n2, n3};
        for (uint32_t k = 0; k < 4 && s + k < states; k++)
            for (uint32_t i = 0; i < lanes_per_compare; i++) above[s + k] += (uint32_t)sums[k][i];
    }
}

QK_INLINE uint32_t guide_bits(uint32_t states) {
    uint32_t bits = 2;
    while (bits < most_guide_bits && (1u << bits) < 8 * states) bits++;
    return bits;
}

size_t qk_sample_scratch(uint32_t states) {
    return words_per_chunk * sizeof(int32_t) + ((size_t)1 << guide_bits(states)) * sizeof(uint16_t);
}

// guide[b]: the outcome of the smallest word whose top bits are b.
QK_INLINE
void build_guide(const int32_t *limits, uint32_t states, uint32_t bits, uint16_t *guide) {
    const uint32_t shift = 31 - bits;
    uint32_t next = 0;
    for (uint32_t s = 0; s < states; s++) {
        const uint32_t end = limits[s] < 0 ? 0 : ((uint32_t)limits[s] >> shift) + 1;
        for (; next < end; next++) guide[next] = (uint16_t)s;
    }
}

// Most buckets hold at most one limit: one step without a branch, then a loop that seldom runs.
QK_INLINE
void look_up(const int32_t *words, uint32_t padded, const int32_t *limits, uint32_t bits,
             const uint16_t *guide, uint32_t *counts) {
    const uint32_t shift = 31 - bits;
    for (uint32_t w = 0; w < padded; w++) {
        const int32_t word = words[w];
        if (word < 0) continue;
        uint32_t s = guide[(uint32_t)word >> shift];
        s += word > limits[s];
        while (__builtin_expect(word > limits[s], 0)) s++;
        counts[s]++;
    }
}

QK_CLONES
void qk_sample(uint64_t seed, uint64_t stream, uint32_t shots, const int32_t *limits,
               uint32_t states, void *scratch, uint32_t *counts) {
    int32_t *words = scratch;
    uint16_t *guide = (uint16_t *)(words + words_per_chunk);
    const int compares = states <= compared_states;
    const uint32_t bits = guide_bits(states);
    memset(counts, 0, states * sizeof(uint32_t));
    if (!compares) build_guide(limits, states, bits, guide);
    for (uint32_t first = 0; first < shots; first += words_per_chunk) {
        const uint32_t count = shots - first < words_per_chunk ? shots - first : words_per_chunk;
        const uint32_t padded = fill(seed, stream, first, count, words);
        if (compares) compare(words, padded, limits, states, counts);
        else look_up(words, padded, limits, bits, guide, counts);
    }
    if (!compares) return;
    // counts holds shots above each limit: differences of neighbours are the histogram.
    uint32_t above = shots;
    for (uint32_t s = 0; s < states; s++) {
        const uint32_t next = counts[s];
        counts[s] = above - next;
        above = next;
    }
}

QK_CLONES
void qk_count_functional(const uint32_t *counts, const double *table, size_t states, uint32_t shots,
                         double *mean, double *variance) {
    // Eight partial sums in a fixed order, so that every instruction set rounds alike.
    double first[qk_lanes] = {0}, second[qk_lanes] = {0};
    const size_t whole = states / qk_lanes * qk_lanes;
    for (size_t s = 0; s < whole; s += qk_lanes)
        for (size_t l = 0; l < qk_lanes; l++)
            first[l] += (double)(int32_t)counts[s + l] * table[s + l];
    for (size_t s = whole; s < states; s++)
        first[s - whole] += (double)(int32_t)counts[s] * table[s];
    double sum = 0;
    for (size_t l = 0; l < qk_lanes; l++) sum += first[l];
    const double center = sum / shots;
    for (size_t s = 0; s < whole; s += qk_lanes) {
        for (size_t l = 0; l < qk_lanes; l++) {
            const double distance = table[s + l] - center;
            second[l] += (double)(int32_t)counts[s + l] * (distance * distance);
        }
    }
    for (size_t s = whole; s < states; s++) {
        const double distance = table[s] - center;
        second[s - whole] += (double)(int32_t)counts[s] * (distance * distance);
    }
    double squares = 0;
    for (size_t l = 0; l < qk_lanes; l++) squares += second[l];
    *mean = center;
    *variance = shots > 1 ? squares / (shots - 1) : 0;
}
