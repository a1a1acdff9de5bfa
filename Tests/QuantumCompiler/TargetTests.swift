import QuantumCircuit
import Testing

@Suite("A target")
struct TargetTests {
    @Test("by each example name is there")
    func examples() throws {
        for name in DeviceTarget.examples {
            let target = try DeviceTarget.named(name)
            #expect(target.name == name)
            #expect(target.coupling.components().count == 1)
            #expect(target.calibration.qubits.count == target.qubits)
        }
    }

    @Test("has the shape that its name says")
    func shapes() throws {
        func sizes(_ name: String) throws -> [Int] {
            let coupling = try DeviceTarget.named(name).coupling
            return [coupling.qubits, coupling.pairs.count]
        }
        #expect(try sizes("line-8") == [8, 7])
        #expect(try sizes("ring-8") == [8, 8])
        #expect(try sizes("all-to-all-8") == [8, 28])
        #expect(try sizes("grid-3x4") == [12, 17])
        // One heavy hexagon is a ring of twelve.
        #expect(try sizes("heavy-hex-2x5") == [12, 12])
        #expect(try sizes("heavy-hex-3x5") == [18, 18])
        #expect(try sizes("falcon-27") == [27, 28])
        let hexagon = try DeviceTarget.named("heavy-hex-3x5").coupling
        #expect((0..<18).allSatisfy { hexagon.neighbours(of: $0).count <= 3 })
    }

    @Test("runs directed gates in ascending order only")
    func directions() throws {
        for name in ["line-3-ecr", "line-3-cx-directed"] {
            let coupling = try DeviceTarget.named(name).coupling
            #expect(coupling.isDirected)
            #expect(coupling.allows(0, 1) && !coupling.allows(1, 0) && coupling.couples(1, 0))
        }
        #expect(try !DeviceTarget.named("line-3").coupling.isDirected)
    }

    @Test(
        "of an unknown name or size is refused",
        arguments: [
            "", "line", "line-", "line-0", "line-31", "line--3", "line-99999999999999999999",
            "grid-3", "grid-0x3", "grid-9x9", "grid-1000000000x1000000000", "heavy-hex-7x15",
            "falcon-9", "torus-4", "line-4-cnot", "all-to-all-1000000000", "ring-100000000",
            "line-4-cz-directed", "directed", "cx",
        ])
    func unknown(name: String) {
        #expect(throws: TargetError.self) { try DeviceTarget.named(name) }
    }

    @Test("knows the distances of its qubits, and which cannot meet")
    func distances() throws {
        let map = try CouplingMap(qubits: 5, edges: [.init(0, 1), .init(1, 2), .init(3, 4)])
        #expect(map.distances()[0] == [0, 1, 2, nil, nil])
        #expect(map.components() == [[0, 1, 2], [3, 4]])
        #expect(throws: TargetError.edge(1, 1, qubits: 5)) {
            try CouplingMap(qubits: 5, edges: [.init(1, 1)])
        }
        #expect(throws: TargetError.edge(1, 5, qubits: 5)) {
            try CouplingMap(qubits: 5, edges: [.init(1, 5)])
        }
    }

    @Test("refuses a calibration that is not its own or not possible")
    func calibrations() throws {
        let target = try DeviceTarget.named("line-3")
        let good = target.calibration
        #expect(try target.calibrated(good) == target)
        let mistakes: [(inout CalibrationSnapshot) -> Void] = [
            { $0.qubits.removeLast() }, { $0.pairs.removeLast() }, { $0.pairs[0].error = 1 },
            { $0.pairs[0].error = .nan }, { $0.pairs[0].nanoseconds = 0 },
            { $0.pairs[0].second = 2 }, { $0.pairs[0].second = 9 },
            { $0.qubits[1].t2Microseconds = 1_000 }, { $0.qubits[1].t1Microseconds = -1 },
            { $0.qubits[1].readoutError = -0.1 }, { $0.gateNanoseconds = .infinity },
            { $0.measurementNanoseconds = 0 }, { $0.resetNanoseconds = -3 },
        ]
        for (number, mistake) in mistakes.enumerated() {
            var calibration = good
            mistake(&calibration)
            #expect(throws: TargetError.self, "mistake \(number)") {
                try target.calibrated(calibration)
            }
        }
    }

    @Test("of ions knows GPI and GPI2 among the U gates, and nothing else")
    func ionGates() throws {
        for phase in [0, 0.3, -2.5, .pi, 7.1] {
            let angle = ParameterExpression.constant(phase)
            for gate in [IonGate.gpi(angle), .gpi2(angle)] {
                let matrix = gate.gate.matrix(angles: gate.gate.angles.map { $0.evaluate([]) })
                let read = try #require(IonGate(gate.gate))
                let again = read.gate.matrix(angles: read.gate.angles.map { $0.evaluate([]) })
                #expect(try #require(matrix).distance(to: #require(again)) < 1e-12)
            }
        }
        // IonQ's definition: GPI(φ) = [[0, e^{−iφ}], [e^{iφ}, 0]].
        let gpi = try #require(
            IonGate.gpi(.constant(.pi / 2)).gate.matrix(angles: [.pi, .pi / 2, .pi / 2]))
        #expect(gpi.distance(to: ComplexMatrix(rows: [[.zero, -.i], [.i, .zero]])) < 1e-12)
        let number = { ParameterExpression.constant($0) }
        #expect(IonGate(.u(number(.pi), number(0.2), number(0.1))) == nil)
        #expect(IonGate(.u(number(1), number(0.2), number(-0.2))) == nil)
        #expect(IonGate(.x) == nil)
        #expect(NativeGateSet.gpi.contains(.rxx(number(.pi / 2))))
        #expect(!NativeGateSet.gpi.contains(.rxx(number(.pi / 4))))
        #expect(!NativeGateSet.cx.contains(.h))
        #expect(!NativeGateSet.ecr.contains(.cx))
    }
}
