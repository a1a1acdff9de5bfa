extension ZEstimates {
    /// Estimates from a simulator of one's own: `strings` expectations, a mean and a standard error
    /// for each record.
    public init(expectations: [Double], means: [Double], standardErrors: [Double]) {
        precondition(means.count == standardErrors.count)
        precondition(means.isEmpty || expectations.count % means.count == 0)
        self.init()
        self.expectations = expectations
        self.means = means
        self.standardErrors = standardErrors
    }

    /// Adds the records of another, read as the same strings, at the end.
    public mutating func append(_ other: ZEstimates) {
        expectations += other.expectations
        means += other.means
        standardErrors += other.standardErrors
    }
}
