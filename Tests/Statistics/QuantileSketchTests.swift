import Determinism
import Testing

@testable import Statistics

@Suite("Quantiles in fixed memory")
struct QuantileSketchTests {
    private func sketch(_ values: some Sequence<Int64>) -> QuantileSketch {
        var sketch = QuantileSketch()
        for value in values { sketch.add(microseconds: value) }
        return sketch
    }

    @Test("Quantiles are within 0.4 % of NumPy's over six decades")
    func agreesWithReference() throws {
        let golden = try Golden.load().quantiles
        let sketch = sketch(golden.values)
        for (fraction, exact) in zip(golden.fractions, golden.exact) {
            let quantile = try #require(sketch.quantile(fraction))
            #expect(abs(Double(quantile - exact)) <= 0.004 * Double(exact), "at \(fraction)")
        }
        #expect(sketch.minimum == golden.exact.first && sketch.maximum == golden.exact.last)
        #expect(isClose(sketch.mean, golden.mean))
    }

    @Test("Below 256 µs quantiles are exact")
    func exactWhenSmall() {
        let sketch = sketch((1...200).map(Int64.init))
        #expect(sketch.p50 == 100 && sketch.p95 == 190 && sketch.p99 == 198)
        #expect(sketch.quantile(0) == 1 && sketch.quantile(1) == 200)
    }

    @Test("Each bucket holds its own middle, and buckets follow one another without a gap")
    func bucketsAreConsistent() {
        let buckets = QuantileSketch.bucket(of: QuantileSketch.highest) + 1
        for bucket in 0..<buckets {
            #expect(QuantileSketch.bucket(of: QuantileSketch.middle(of: bucket)) == bucket)
        }
        var random = RandomStream(seed: 1)
        for _ in 0..<20_000 {
            let value = Int64(random.next() >> (24 + random.next() % 40))
            let (here, next) = (
                QuantileSketch.bucket(of: value), QuantileSketch.bucket(of: value + 1)
            )
            #expect(next == here || next == here + 1)
        }
    }

    @Test("Merging gives the same sketch as one that saw all")
    func merges() throws {
        let values = try Golden.load().quantiles.values
        var merged = sketch(values.prefix(1234))
        merged.merge(QuantileSketch())
        merged.merge(sketch(values.dropFirst(1234)))
        let whole = sketch(values)
        #expect(merged.count == whole.count && merged.p99 == whole.p99 && merged.p50 == whole.p50)
        #expect(merged.maximum == whole.maximum && merged.minimum == whole.minimum)
    }

    @Test("Values out of range count as the nearest that is in it")
    func clamps() {
        let sketch = sketch([-5, .max])
        #expect(sketch.count == 2)
        #expect(sketch.minimum == 0 && sketch.maximum == QuantileSketch.highest)
        #expect(QuantileSketch().p50 == nil && QuantileSketch().mean == nil)
    }
}
