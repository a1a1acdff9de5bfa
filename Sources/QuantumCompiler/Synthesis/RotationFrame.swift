private import Glibc
import QuantumCircuit

/// A vector of the Bloch sphere.
struct BlochVector: Hashable {
    var x, y, z: Double

    init(_ x: Double, _ y: Double, _ z: Double) { (self.x, self.y, self.z) = (x, y, z) }

    func dot(_ other: BlochVector) -> Double { x * other.x + y * other.y + z * other.z }

    func cross(_ other: BlochVector) -> BlochVector {
        BlochVector(
            y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    /// Some unit vector at a right angle.
    var perpendicular: BlochVector {
        let candidate = cross(abs(x) < 0.6 ? BlochVector(1, 0, 0) : BlochVector(0, 1, 0))
        let scale = 1 / candidate.dot(candidate).squareRoot()
        return BlochVector(scale * candidate.x, scale * candidate.y, scale * candidate.z)
    }

    /// `n` with `n·σ = U†·(self·σ)·U`.
    func turnedBack(by unitary: ComplexMatrix) -> BlochVector {
        let operatorMatrix = ComplexMatrix(rows: [
            [Complex(z), Complex(x, -y)], [Complex(x, y), Complex(-z)],
        ])
        let turned = unitary.adjoint * operatorMatrix * unitary
        return BlochVector(turned[1, 0].re, turned[1, 0].im, turned[0, 0].re)
    }
}

/// Right-handed axes of one qubit, filled in as rotations about them are found.
struct RotationFrame {
    /// Third, first, and then second axis: the first rotation found is about Z.
    private(set) var z: BlochVector
    private(set) var x: BlochVector?

    init(z: BlochVector) { self.z = z }

    /// +1 or −1 times an axis; nil when the vector lies along none of those known.
    func axis(of vector: BlochVector) -> (axis: GateAxis, sign: Double)? {
        var known: [(GateAxis, BlochVector)] = [(.z, z)]
        if let x { known += [(.x, x), (.y, z.cross(x))] }
        for (axis, direction) in known {
            let cosine = vector.dot(direction)
            if abs(abs(cosine) - 1) < 1e-12 { return (axis, cosine < 0 ? -1 : 1) }
        }
        return nil
    }

    /// Makes a vector the X axis; false when there is one, or no right angle to Z.
    func canTake(x vector: BlochVector) -> Bool { x == nil && abs(vector.dot(z)) < 1e-12 }

    mutating func take(x vector: BlochVector) { x = vector }

    /// A unitary V with V·(axis·σ)·V† = the Pauli matrix of the same name, for each axis.
    var toStandard: ComplexMatrix {
        let x = x ?? z.perpendicular
        let y = z.cross(x)
        return Self.unitary(rows: [x, y, z])
    }

    /// The quaternion of a rotation matrix, by its largest component (Shepperd's method).
    private static func unitary(rows r: [BlochVector]) -> ComplexMatrix {
        let trace = r[0].x + r[1].y + r[2].z
        var q = (w: 0.0, x: 0.0, y: 0.0, z: 0.0)
        if trace > max(r[0].x, r[1].y, r[2].z) {
            q = (1 + trace, r[2].y - r[1].z, r[0].z - r[2].x, r[1].x - r[0].y)
        } else if r[0].x >= r[1].y, r[0].x >= r[2].z {
            q = (
                r[2].y - r[1].z, 1 + r[0].x - r[1].y - r[2].z, r[0].y + r[1].x,
                r[0].z + r[2].x
            )
        } else if r[1].y >= r[2].z {
            q = (
                r[0].z - r[2].x, r[0].y + r[1].x, 1 - r[0].x + r[1].y - r[2].z,
                r[1].z + r[2].y
            )
        } else {
            q = (
                r[1].x - r[0].y, r[0].z + r[2].x, r[1].z + r[2].y,
                1 - r[0].x - r[1].y + r[2].z
            )
        }
        let norm = (q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z).squareRoot()
        let (w, x, y, z) = (q.w / norm, q.x / norm, q.y / norm, q.z / norm)
        // cos(α/2) − i·sin(α/2)·n·σ turns vectors by α about n.
        return ComplexMatrix(rows: [
            [Complex(w, -z), Complex(-y, -x)], [Complex(y, -x), Complex(w, z)],
        ])
    }
}
