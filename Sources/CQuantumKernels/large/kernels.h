// Included once for each precision and instruction set, after vector.h: one operation on one chunk.

// out = Σ_t c[t]·in[t].
QK_INLINE void QK_NAME(dense_row)(QK_REAL *output, const QK_REAL *c, const vector *re,
                                  const vector *im, int terms, int wide, int real) {
    const int unit = wide ? QK_LANES : 1, step = (real ? 1 : 2) * unit;
    vector sum_re = {0}, sum_im = {0};
    _Pragma("clang loop unroll(full)") for (int t = 0; t < terms; t++) {
        const QK_REAL *at = c + t * step;
        const vector a = wide ? *(const vector *)at : at[0] - (vector){0};
        sum_re += a * re[t];
        sum_im += a * im[t];
        if (!real) {
            const vector b = wide ? *(const vector *)(at + unit) : at[unit] - (vector){0};
            sum_re -= b * im[t];
            sum_im += b * re[t];
        }
    }
    ((vector *)output)[0] = sum_re;
    ((vector *)output)[1] = sum_im;
}

// One group: 2^h rows that differ in the target row bits. h, l and real are constants after
// inlining: rows and accumulators live in registers.
QK_INLINE void QK_NAME(dense_group)(QK_REAL *base, const size_t *offsets, const QK_REAL *c, int h,
                                    int l, int wide, int real, const uint32_t *flips) {
    const int inputs = 1 << h, flipped = 1 << l, terms = inputs * flipped;
    vector re[32], im[32];
    _Pragma("clang loop unroll(full)") for (int j = 0; j < inputs; j++) {
        const vector *row = (const vector *)(base + offsets[j]);
        re[j * flipped] = row[0];
        im[j * flipped] = row[1];
        _Pragma("clang loop unroll(full)") for (int x = 1; x < flipped; x++) {
            QK_NAME(flip)(&re[j * flipped + x], row, flips[x]);
            QK_NAME(flip)(&im[j * flipped + x], row + 1, flips[x]);
        }
    }
    const int step = (real ? 1 : 2) * (wide ? QK_LANES : 1);
    // Unrolled outputs overlap their dependent sums; above eight inputs the code would not fit.
    if (h <= 3) {
        _Pragma("clang loop unroll(full)") for (int o = 0; o < inputs; o++)
            QK_NAME(dense_row)(base + offsets[o], c + (size_t)o * terms * step, re, im, terms, wide,
                               real);
    } else {
        _Pragma("clang loop unroll(disable)") for (int o = 0; o < inputs; o++)
            QK_NAME(dense_row)(base + offsets[o], c + (size_t)o * terms * step, re, im, terms, wide,
                               real);
    }
}

// Every group whose control bits are 1.
QK_INLINE void QK_NAME(dense)(QK_REAL *chunk, size_t rows, const qk_large_op *op, int h, int l,
                              int wide, int real) {
    size_t offsets[32], targets = 0;
    uint32_t flips[16];
    for (int j = 0; j < 1 << h; j++) {
        size_t row = 0;
        for (int k = 0; k < h; k++) row |= (size_t)(j >> k & 1) << op->row_bits[k];
        offsets[j] = row * 2 * QK_LANES;
        targets |= row;
    }
    for (int x = 0; x < 1 << l; x++) {
        flips[x] = 0;
        for (int k = 0; k < l; k++) flips[x] |= (uint32_t)(x >> k & 1) << op->lane_bits[k];
    }
    const size_t controls = (size_t)op->row_controls, fixed = targets | controls;
    const QK_REAL *c = op->coefficients;
    for (size_t row = 0; row < rows; row = ((row | fixed) + 1) & ~fixed)
        QK_NAME(dense_group)(chunk + (row | controls) * 2 * QK_LANES, offsets, c, h, l, wide,
                             real, flips);
}

#define QK_SHAPE(h, l)                                                                             \
    static void QK_NAME(dense_##h##_##l)(QK_REAL * chunk, size_t rows, const qk_large_op *op) {    \
        QK_NAME(dense)(chunk, rows, op, h, l, l > 0, 0);                                           \
    }                                                                                              \
    static void QK_NAME(real_##h##_##l)(QK_REAL * chunk, size_t rows, const qk_large_op *op) {     \
        QK_NAME(dense)(chunk, rows, op, h, l, l > 0, 1);                                           \
    }
QK_EACH_SHAPE
#undef QK_SHAPE

static void QK_NAME(lanewise_1)(QK_REAL *chunk, size_t rows, const qk_large_op *op) {
    QK_NAME(dense)(chunk, rows, op, 1, 0, 1, 0);
}

static void QK_NAME(lanewise_2)(QK_REAL *chunk, size_t rows, const qk_large_op *op) {
    QK_NAME(dense)(chunk, rows, op, 2, 0, 1, 0);
}

static void QK_NAME(multiply)(QK_REAL *chunk, size_t rows, const qk_large_op *op,
                              size_t chunk_number) {
    const uint32_t first = op->chunk_index[chunk_number];
    const QK_REAL *table = op->coefficients;
    for (size_t high = 0; high < rows; high += 64) {
        const uint32_t middle = first | op->high_index[high >> 6];
        const size_t end = rows < 64 ? rows : 64;
        for (size_t low = 0; low < end; low++) {
            const size_t index = middle | op->low_index[low];
            if (op->is_identity[index]) continue;
            vector *row = (vector *)(chunk + (high + low) * 2 * QK_LANES);
            const vector re = row[0], im = row[1];
            vector a, b;
            if (op->lanes) {
                a = *(const vector *)(table + index * 2 * QK_LANES);
                b = *(const vector *)(table + (index * 2 + 1) * QK_LANES);
            } else {
                a = table[index * 2] - (vector){0};
                b = table[index * 2 + 1] - (vector){0};
            }
            row[0] = a * re - b * im;
            row[1] = a * im + b * re;
        }
    }
}

QK_INLINE void QK_NAME(permute)(QK_REAL *chunk, size_t rows, const qk_large_op *op, int h) {
    size_t offsets[8], sources[8], targets = 0;
    for (int j = 0; j < 1 << h; j++) {
        size_t row = 0;
        for (int k = 0; k < h; k++) row |= (size_t)(j >> k & 1) << op->row_bits[k];
        offsets[j] = row * 2 * QK_LANES;
        targets |= row;
    }
    for (int j = 0; j < 1 << h; j++) sources[j] = offsets[op->source[j]];
    const size_t controls = (size_t)op->row_controls, fixed = targets | controls;
    for (size_t row = 0; row < rows; row = ((row | fixed) + 1) & ~fixed) {
        QK_REAL *base = chunk + (row | controls) * 2 * QK_LANES;
        vector re[8], im[8];
        for (int j = 0; j < 1 << h; j++) {
            re[j] = ((const vector *)(base + sources[j]))[0];
            im[j] = ((const vector *)(base + sources[j]))[1];
        }
        for (int j = 0; j < 1 << h; j++) {
            if (sources[j] == offsets[j]) continue;
            ((vector *)(base + offsets[j]))[0] = re[j];
            ((vector *)(base + offsets[j]))[1] = im[j];
        }
    }
}

static void QK_NAME(apply)(QK_REAL *chunk, size_t rows, const qk_large_op *op, size_t number) {
    if ((number & op->chunk_controls) != op->chunk_controls) return;
    if (op->kind == qk_large_diagonal) return QK_NAME(multiply)(chunk, rows, op, number);
    if (op->kind == qk_large_permute) {
        if (op->rows == 1) return QK_NAME(permute)(chunk, rows, op, 1);
        if (op->rows == 2) return QK_NAME(permute)(chunk, rows, op, 2);
        return QK_NAME(permute)(chunk, rows, op, 3);
    }
    if (op->kind == qk_large_lanewise)
        return op->rows == 1 ? QK_NAME(lanewise_1)(chunk, rows, op)
                             : QK_NAME(lanewise_2)(chunk, rows, op);
    switch (op->rows * 16 + op->lanes * 2 + op->kind) {
#define QK_SHAPE(h, l)                                                                             \
    case h * 16 + l * 2 + qk_large_dense: return QK_NAME(dense_##h##_##l)(chunk, rows, op);        \
    case h * 16 + l * 2 + qk_large_real: return QK_NAME(real_##h##_##l)(chunk, rows, op);
        QK_EACH_SHAPE
#undef QK_SHAPE
    default: __builtin_trap();
    }
}
#undef vector
#undef QK_LANES
