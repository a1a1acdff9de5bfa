// Included once for each instruction set, after large/vector.h for doubles: one superoperator on a
// range of groups.

// The 16 lanes of a row that differ from the wanted ones by `flip`.
QK_INLINE void QK_NAME(load_flipped)(vector *out, const double *row, uint32_t flip) {
    const vector *in = (const vector *)row;
    const size_t swap = flip >> 3 & 1;
    if (flip & 7) {
        QK_NAME(flip)(out, in + swap, flip & 7);
        QK_NAME(flip)(out + 1, in + (1 - swap), flip & 7);
    } else {
        out[0] = in[swap];
        out[1] = in[1 - swap];
    }
}

QK_INLINE void QK_NAME(pauli_group)(double *base, const qk_pauli_op *op, const size_t *offsets,
                                    size_t outputs, int wide) {
    _Alignas(64) double results[64 * 16];
    for (size_t o = 0; o < outputs; o++) {
        vector sum[2] = {{0}, {0}};
        for (uint32_t t = op->first[o]; t < op->first[o + 1]; t++) {
            const qk_pauli_term term = op->terms[t];
            vector in[2];
            if (wide) {
                const vector *factors = (const vector *)(op->factors + term.factor);
                QK_NAME(load_flipped)(in, base + offsets[term.input], term.flip);
                sum[0] += factors[0] * in[0];
                sum[1] += factors[1] * in[1];
            } else {
                const vector *row = (const vector *)(base + offsets[term.input]);
                const vector factor = op->factors[term.factor] - (vector){0};
                sum[0] += factor * row[0];
                sum[1] += factor * row[1];
            }
        }
        ((vector *)(results + o * 16))[0] = sum[0];
        ((vector *)(results + o * 16))[1] = sum[1];
    }
    for (size_t o = 0; o < outputs; o++)
        memcpy(base + offsets[o], results + o * 16, 16 * sizeof(double));
}

static void QK_NAME(pauli_apply)(double *state, const qk_pauli_op *op, size_t first, size_t end) {
    const size_t outputs = (size_t)1 << (2 * op->rows);
    size_t offsets[64], fixed = 0;
    for (size_t o = 0; o < outputs; o++) {
        size_t row = 0;
        for (uint32_t k = 0; k < op->rows; k++) row |= (o >> 2 * k & 3) << 2 * op->row_qubits[k];
        offsets[o] = row * 16;
        fixed |= row;
    }
    // The first group's row: its number spread over the bits that are no target's.
    size_t row = 0, rest = first;
    for (size_t bit = 0; rest; bit++)
        if (!(fixed >> bit & 1)) {
            row |= (rest & 1) << bit;
            rest >>= 1;
        }
    for (size_t group = first; group < end; group++, row = ((row | fixed) + 1) & ~fixed) {
        if (op->wide) QK_NAME(pauli_group)(state + row * 16, op, offsets, outputs, 1);
        else QK_NAME(pauli_group)(state + row * 16, op, offsets, outputs, 0);
    }
}
#undef vector
#undef QK_LANES
