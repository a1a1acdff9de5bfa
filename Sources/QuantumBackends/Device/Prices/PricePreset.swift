/// Price books in the manner of three providers, in millionths of a US dollar. List prices change:
/// these are what the pages named said when they were read, in 2025.
public enum PricePreset: String, Hashable, Sendable, CaseIterable {
    /// Per task and per shot: $0.30 and $0.00090, the price of Rigetti's Ankaa on Amazon Braket
    /// (aws.amazon.com/braket/pricing: "Quantum Computers (on demand)"; IQM Garnet there is
    /// $0.00145 a shot, IonQ Aria $0.03, IonQ Forte $0.08).
    case awsBraket = "aws-braket"
    /// Per gate-shot: $12.4166 a program, $0.000220 a one-qubit and $0.000975 a two-qubit gate-shot,
    /// without error mitigation (learn.microsoft.com/azure/quantum/pricing: "IonQ", AQT = m +
    /// 0.000220·N1q·C + 0.000975·N2q·C); at least $1 a program
    /// (azure.quantum.target.ionq: `min_price`), which the base exceeds.
    case ionQ = "ionq"
    /// Per second: $1.60 of time on the device, IBM's Pay-As-You-Go plan ($96 a minute;
    /// ibm.com/quantum/pricing).
    case ibm

    public var book: PriceBook {
        var book = PriceBook()
        switch self {
        case .awsBraket:
            book.perTask = 300_000
            book.perShot = 900
        case .ionQ:
            book.perTask = 12_416_600
            book.perOneQubitGateShot = 220
            book.perTwoQubitGateShot = 975
            book.minimumPerTask = 1_000_000
        case .ibm: book.perSecond = 1_600_000
        }
        return book
    }
}
