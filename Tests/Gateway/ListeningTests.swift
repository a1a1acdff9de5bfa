import Foundation
import Gateway
import Glibc
import Testing

@Suite("Listening")
struct ListeningTests {
    /// Why a server cannot listen; nil when it can.
    private func failure(host: String, port: Int) async -> GatewayError? {
        do throws(GatewayError) {
            let server = try GatewayServer(host: host, port: port, snapshot: Snapshots.ready)
            let outcome = await withTaskGroup(of: GatewayError?.self) { group in
                let (ports, announced) = AsyncStream<Int>.makeStream()
                group.addTask {
                    do throws(GatewayError) {
                        try await server.run { announced.yield($0) }
                        return nil
                    } catch {
                        announced.finish()
                        return error
                    }
                }
                var iterator = ports.makeAsyncIterator()
                if await iterator.next() != nil { group.cancelAll() }
                return await group.next() ?? nil
            }
            return outcome
        } catch {
            return error
        }
    }

    @Test("a port in use is an error that names host and port and says what to do")
    func portInUse() async throws {
        try await RunningServer.with { server in
            let error = await failure(host: "127.0.0.1", port: server.port)
            #expect(error == .portInUse(host: "127.0.0.1", port: server.port))
            #expect(
                error?.description == "127.0.0.1:\(server.port) is in use; choose another port "
                    + "with http.port or --http-port (0: a free one)")
            // The one that had it is not disturbed.
            let reply = try await server.request("/healthz")
            #expect(reply.status == 200)
        }
    }

    @Test("a stopped server has given its port back")
    func released() async throws {
        var port = 0
        try await RunningServer.with { server in
            port = server.port
            _ = try await server.request("/healthz")
        }
        #expect(await failure(host: "127.0.0.1", port: port) == nil)
    }

    @Test("a host's name is resolved")
    func name() async throws {
        #expect(await failure(host: "localhost", port: 0) == nil)
    }

    @Test("an address of another machine is an error of its own")
    func foreignAddress() async throws {
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
        let error = await failure(host: "192.0.2.1", port: 0)
        #expect(error == .foreignAddress(host: "192.0.2.1", port: 0))
    }

    @Test("a host that is none is an error of its own, at once")
    func unknownHost() async throws {
        guard case .unknownHost(let host, _) = await failure(host: "300.1.2.3.4", port: 0) else {
            Issue.record("a malformed address was accepted")
            return
        }
        #expect(host == "300.1.2.3.4")
    }

    @Test("a port beyond 65535 is an error of its own", arguments: [-1, 65_536])
    func portRange(port: Int) async throws {
        #expect(await failure(host: "127.0.0.1", port: port) == .portOutOfRange(port))
    }

    @Test("every error is one line")
    func oneLine() {
        let errors: [GatewayError] = [
            .portInUse(host: "h", port: 1), .notPermitted(host: "h", port: 1),
            .unknownHost(host: "h", reason: "r"), .foreignAddress(host: "h", port: 1),
            .portOutOfRange(70_000), .failed(host: "h", port: 1, reason: "r"),
        ]
        for error in errors { #expect(!error.description.contains("\n")) }
    }

    @Test("clients that break off, reset or talk nonsense do not end the server")
    func rudeClients() async throws {
        try await RunningServer.with { server in
            for text in ["", "GET /metr", "nonsense\r\n\r\n", "GET /metrics HTTP/1.1\r\n\r\n"] {
                for resets in [false, true] {
                    try RudeClient.visit(port: server.port, saying: text, resets: resets)
                }
            }
            let reply = try await server.request("/healthz")
            #expect(reply.status == 200)
        }
    }

    @Test("a stop does not wait for clients that say nothing")
    func silentClient() async throws {
        var silent: Int32 = -1
        try await RunningServer.with { server in
            silent = try RudeClient.connect(port: server.port)
            let reply = try await server.request("/healthz")
            #expect(reply.status == 200)
        }
        close(silent)
    }
}

/// A client on a bare socket, which HTTP libraries are too polite to be.
private enum RudeClient {
    static func connect(port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.connect(
                    descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    static func visit(port: Int, saying text: String, resets: Bool) throws {
        let descriptor = try connect(port: port)
        let bytes = [UInt8](text.utf8)
        _ = unsafe bytes.withUnsafeBytes { raw in
            unsafe send(descriptor, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
        }
        if resets {
            // No lingering: closing sends a reset.
            var option = linger(l_onoff: 1, l_linger: 0)
            _ = unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_LINGER, &option,
                socklen_t(MemoryLayout<linger>.size))
        }
        close(descriptor)
    }
}
