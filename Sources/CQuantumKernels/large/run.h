// Included once for each precision: passes over a state, shared out among threads. Expects QK_REAL,
// QK_LANE_BITS, QK_ENTRY(x), and QK_APPLY, the chosen instruction set's operation on one chunk.

enum { QK_ENTRY(amplitude) = 2 * sizeof(QK_REAL) };

void *QK_ENTRY(qk_large_create)(uint32_t qubits, uint32_t threads) {
    const size_t bytes = ((size_t)1 << qubits) * QK_ENTRY(amplitude);
    QK_REAL *state = qk_large_allocate(bytes);
    if (!state || qk_large_clear(state, bytes, threads)) {
        free(state);
        return NULL;
    }
    state[0] = 1;
    return state;
}

static void QK_ENTRY(run_chunk)(QK_REAL *state, const qk_large_pass *pass, uint32_t qubits,
                                size_t number, QK_REAL *scratch) {
    const qk_large_layout layout = qk_large_lay_out(pass, qubits);
    const size_t run = ((size_t)1 << pass->run_bits) * 2;
    const size_t runs = (size_t)1 << (pass->bits - pass->run_bits);
    QK_REAL *base = state + qk_large_deposit(number, layout.outer, layout.outer_count) * 2;
    QK_REAL *chunk = layout.contiguous ? base : scratch;
    if (!layout.contiguous)
        for (size_t i = 0; i < runs; i++)
            memcpy(chunk + i * run,
                   base + qk_large_deposit(i, pass->bits_above, pass->bits - pass->run_bits) * 2,
                   run * sizeof(QK_REAL));
    const size_t rows = (size_t)1 << (pass->bits - QK_LANE_BITS);
    for (size_t i = 0; i < pass->count; i++) QK_APPLY(chunk, rows, pass->ops + i, number);
    if (!layout.contiguous)
        for (size_t i = 0; i < runs; i++)
            memcpy(base + qk_large_deposit(i, pass->bits_above, pass->bits - pass->run_bits) * 2,
                   chunk + i * run, run * sizeof(QK_REAL));
}

static void QK_ENTRY(run_chunks)(const qk_large_run *run, size_t pass, size_t chunk,
                                 void *scratch) {
    QK_ENTRY(run_chunk)(run->state, run->passes + pass, run->qubits, chunk, scratch);
}

int QK_ENTRY(qk_large_run)(QK_REAL *state, uint32_t qubits, const qk_large_pass *passes,
                           size_t count, uint32_t threads) {
    qk_large_run run = {.state = state, .qubits = qubits, .passes = passes, .count = count};
    run.work = QK_ENTRY(run_chunks);
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = ((size_t)1 << passes[i].bits) * QK_ENTRY(amplitude);
        if (bytes > run.scratch_bytes) run.scratch_bytes = bytes;
    }
    return qk_large_share(&run, threads);
}

void QK_ENTRY(qk_large_apply)(QK_REAL *state, uint32_t bits, const qk_large_op *op) {
    QK_APPLY(state, (size_t)1 << (bits - QK_LANE_BITS), op, 0);
}

// MARK: Reading

QK_CLONES
void QK_ENTRY(qk_large_squares)(const QK_REAL *state, size_t first, size_t count,
                                double *squares) {
    const size_t lanes = (size_t)1 << QK_LANE_BITS;
    for (size_t done = 0; done < count; done += lanes) {
        const QK_REAL *row = state + (first + done) * 2;
        for (size_t l = 0; l < lanes; l++) {
            const double re = row[l], im = row[lanes + l];
            squares[done + l] = re * re + im * im;
        }
    }
}

static void QK_ENTRY(norm_block)(const qk_large_run *run, size_t pass, size_t block,
                                 void *scratch) {
    (void)pass;
    const uint32_t bits = qk_large_block_bits(run->qubits);
    const size_t size = (size_t)1 << bits;
    QK_ENTRY(qk_large_squares)(run->state, block * size, size, scratch);
    run->output[block] = qk_large_sum(scratch, size);
}

int QK_ENTRY(qk_large_norms)(const QK_REAL *state, uint32_t qubits, double *sums,
                             uint32_t threads) {
    qk_large_run run = {.state = (void *)state, .qubits = qubits, .output = sums};
    run.work = QK_ENTRY(norm_block);
    run.chunks = (size_t)1 << (qubits - qk_large_block_bits(qubits));
    run.scratch_bytes = sizeof(double) << qk_large_block_bits(qubits);
    return qk_large_share(&run, threads);
}

static void QK_ENTRY(pauli_block)(const qk_large_run *run, size_t pass, size_t block,
                                  void *scratch) {
    (void)pass;
    const size_t size = (size_t)1 << qk_large_block_bits(run->qubits);
    const size_t lanes = (size_t)1 << QK_LANE_BITS, first = block * size;
    const QK_REAL *state = run->state;
    double *re = scratch, *im = re + size;
    for (size_t i = 0; i < size; i++) {
        const size_t s = first + i, t = s ^ run->x;
        const QK_REAL *a = state + (s & ~(lanes - 1)) * 2 + (s & (lanes - 1));
        const QK_REAL *b = state + (t & ~(lanes - 1)) * 2 + (t & (lanes - 1));
        // conj(b)·a
        re[i] = (double)b[0] * a[0] + (double)b[lanes] * a[lanes];
        im[i] = (double)b[0] * a[lanes] - (double)b[lanes] * a[0];
    }
    for (size_t k = 0; k < run->strings; k++)
        run->output[k * run->chunks + block] =
            qk_large_signed_sum(re, im, size, (uint32_t)first, run->x, run->z[k]);
}

int QK_ENTRY(qk_large_pauli)(const QK_REAL *state, uint32_t qubits, uint32_t x, const uint32_t *z,
                             size_t count, double *sums, uint32_t threads) {
    qk_large_run run = {.state = (void *)state, .qubits = qubits, .output = sums, .x = x, .z = z};
    run.strings = count;
    run.work = QK_ENTRY(pauli_block);
    run.chunks = (size_t)1 << (qubits - qk_large_block_bits(qubits));
    run.scratch_bytes = 2 * sizeof(double) << qk_large_block_bits(qubits);
    return qk_large_share(&run, threads);
}

// One block of outputs: the lowest measured positions vary fastest, each output sums its own
// amplitudes in order.
static void QK_ENTRY(probability_block)(const qk_large_run *run, size_t pass, size_t block,
                                        void *scratch) {
    (void)pass;
    (void)scratch;
    const size_t lanes = (size_t)1 << QK_LANE_BITS;
    const size_t rest = (size_t)1 << run->rest_count;
    const QK_REAL *state = run->state;
    for (size_t i = 0; i < run->block; i++) {
        const size_t base = qk_large_deposit(block * run->block + i, run->positions, run->strings);
        double sum = 0;
        // Counts through the positions that are not measured.
        size_t other = 0;
        for (size_t j = 0; j < rest; j++, other = ((other | ~run->rest) + 1) & run->rest) {
            const size_t s = base | other;
            const QK_REAL *a = state + (s & ~(lanes - 1)) * 2 + (s & (lanes - 1));
            sum += (double)a[0] * a[0] + (double)a[lanes] * a[lanes];
        }
        run->output[block * run->block + i] = sum;
    }
}

int QK_ENTRY(qk_large_probabilities)(const QK_REAL *state, uint32_t qubits,
                                     const uint8_t *positions, uint32_t count,
                                     double *probabilities, uint32_t threads) {
    qk_large_run run = {.state = (void *)state, .qubits = qubits, .output = probabilities};
    run.positions = positions;
    run.strings = count;
    run.rest = ((size_t)1 << qubits) - 1;
    for (uint32_t i = 0; i < count; i++) run.rest &= ~((size_t)1 << positions[i]);
    run.rest_count = qubits - count;
    run.work = QK_ENTRY(probability_block);
    run.block = (size_t)1 << (count < 8 ? 0 : count - 8);
    run.chunks = ((size_t)1 << count) / run.block;
    return qk_large_share(&run, threads);
}
