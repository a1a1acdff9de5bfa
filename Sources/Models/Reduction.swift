/// Scaler and PCA as the reduction stage runs them: flat batches, no allocation per record.
///
/// Built once when a model loads. The same features give the same bits on every machine: plain
/// multiplications and additions in a fixed order, no library kernel.
public struct Reduction: Sendable {
    /// d, the features of a record.
    public let featureCount: Int
    /// k, the components of a record.
    public let componentCount: Int
    private let scaler: StandardScaler
    /// Loadings, feature by feature, each padded with zeros to whole blocks of four components.
    private let loadings: [SIMD4<Double>]
    /// −components · mean, which moves the PCA's centring out of the loop.
    private let offsets: [SIMD4<Double>]

    /// - Precondition: both were fitted on the same features.
    public init(scaler: StandardScaler, components pca: PrincipalComponents) {
        precondition(scaler.featureCount == pca.featureCount, "scaler and PCA differ in features")
        featureCount = scaler.featureCount
        componentCount = pca.componentCount
        self.scaler = scaler
        let blocks = (pca.componentCount + 3) / 4
        var loadings = [SIMD4<Double>](repeating: .zero, count: blocks * pca.featureCount)
        var offsets = [SIMD4<Double>](repeating: .zero, count: blocks)
        for component in 0..<pca.componentCount {
            for feature in 0..<pca.featureCount {
                let loading = pca.components[component * pca.featureCount + feature]
                loadings[feature * blocks + component / 4][component % 4] = loading
                offsets[component / 4][component % 4] -= loading * pca.mean[feature]
            }
        }
        self.loadings = loadings
        self.offsets = offsets
    }

    /// Standardises and clips n records: `StandardScaler.standardise`.
    public func standardise(
        _ features: Span<Double>, into standardised: inout MutableSpan<Double>
    ) {
        scaler.standardise(features, into: &standardised)
    }

    /// Projects standardised records onto the components.
    ///
    /// - Parameters:
    ///   - standardised: n × d values, as `standardise` gives them.
    ///   - components: n × k values, overwritten.
    public func project(_ standardised: Span<Double>, into components: inout MutableSpan<Double>) {
        let count = recordCount(standardised.count)
        precondition(components.count >= count * componentCount, "no room for the components")
        for record in 0..<count {
            for block in 0..<offsets.count {
                let sums = projection(of: standardised, from: record &* featureCount, block: block)
                let first = record &* componentCount &+ block &* 4
                for lane in 0..<min(4, componentCount &- block &* 4) {
                    components[first &+ lane] = sums[lane]
                }
            }
        }
    }

    /// Both steps, for callers that keep the two arrays from batch to batch; they are grown once.
    ///
    /// - Parameters:
    ///   - features: n × d finite values.
    ///   - standardised: resized to n × d: what the classical baseline scores.
    ///   - components: resized to n × k.
    public func reduce(
        _ features: Span<Double>, standardised: inout [Double], components: inout [Double]
    ) {
        let count = recordCount(features.count)
        Self.resize(&standardised, to: features.count)
        Self.resize(&components, to: count * componentCount)
        var scaled = standardised.mutableSpan
        standardise(features, into: &scaled)
        var projected = components.mutableSpan
        project(standardised.span, into: &projected)
    }

    /// Four components of one record.
    @inline(__always)
    private func projection(
        of standardised: Span<Double>, from base: Int, block: Int
    ) -> SIMD4<Double> {
        let blocks = offsets.count
        let loadings = loadings.span
        var sums = offsets[block]
        for feature in 0..<featureCount {
            // In range: `base` starts one of the counted records, and `loadings` is d × blocks.
            unsafe sums +=
                standardised[unchecked: base &+ feature]
                * loadings[unchecked: feature &* blocks &+ block]
        }
        return sums
    }

    private func recordCount(_ values: Int) -> Int {
        precondition(values.isMultiple(of: featureCount), "not whole records")
        return values / featureCount
    }

    private static func resize(_ array: inout [Double], to count: Int) {
        guard array.count != count else { return }
        if array.count > count {
            array.removeLast(array.count - count)
        } else {
            array.append(contentsOf: repeatElement(0, count: count - array.count))
        }
    }
}
