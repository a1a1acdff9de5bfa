// Included once for each precision and instruction set: vectors of 64 bytes and their lane
// permutations. Expects QK_REAL, QK_LANE_BITS, QK_NAME(x) and, for AVX-512, QK_AVX512.

#define QK_LANES (1 << QK_LANE_BITS)
#define vector QK_NAME(vector)

typedef QK_REAL vector __attribute__((vector_size(64), aligned(64), may_alias));

#if defined(QK_AVX512) && QK_LANE_BITS == 3
// Lane i of the result is lane i ⊕ flip. By address: without AVX-512 no register holds a vector.
QK_INLINE void QK_NAME(flip)(vector *out, const vector *in, uint32_t flip) {
    const __m512i lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    *out = (vector)_mm512_permutexvar_pd(
        _mm512_xor_si512(lanes, _mm512_set1_epi64((long long)flip)), (__m512d)*in);
}
#elif defined(QK_AVX512)
QK_INLINE void QK_NAME(flip)(vector *out, const vector *in, uint32_t flip) {
    const __m512i lanes =
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    *out = (vector)_mm512_permutexvar_ps(
        _mm512_xor_si512(lanes, _mm512_set1_epi32((int)flip)), (__m512)*in);
}
#elif QK_LANE_BITS == 3
QK_INLINE void QK_NAME(flip)(vector *out, const vector *in, uint32_t flip) {
    vector v = *in;
    if (flip & 1) v = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
    if (flip & 2) v = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
    if (flip & 4) v = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    *out = v;
}
#else
QK_INLINE void QK_NAME(flip)(vector *out, const vector *in, uint32_t flip) {
    vector v = *in;
    if (flip & 1)
        v = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    if (flip & 2)
        v = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    if (flip & 4)
        v = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    if (flip & 8)
        v = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    *out = v;
}
#endif
