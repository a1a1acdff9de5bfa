import Testing

/// The executable as its users run it: child processes, real sockets, real signals.
///
/// One after the other: each runs seven stages and a cluster, on as few as two cores.
@Suite("The tandem command", .serialized)
enum EndToEnd {}
