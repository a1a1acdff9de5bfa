import Determinism
import Testing

@Suite("Philox4x32-10")
struct PhiloxTests {
    @Test("agrees with the Random123 known-answer vectors")
    func knownAnswers() {
        // Random123, tests/kat_vectors, philox4x32 10.
        let zeros = Philox4x32(key: 0).block(SIMD4<UInt32>(repeating: 0))
        #expect(zeros == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = Philox4x32(key: .max).block(SIMD4<UInt32>(repeating: .max))
        #expect(ones == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        let digits = Philox4x32(key: 0x299f_31d0_a409_3822)
            .block(SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344))
        #expect(digits == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }
}
