import FlyingSocks
import Glibc

/// Where to listen, resolved.
enum ListenAddress: Sendable {
    case ip4(sockaddr_in)
    case ip6(sockaddr_in6)

    /// Resolves a host's name; may ask a name server, so not for Swift's cooperative threads.
    ///
    /// IPv4 goes first where a name has both, as `localhost` does: containers often have no IPv6.
    init(host: String, port: Int) throws(GatewayError) {
        guard let number = UInt16(exactly: port) else { throw GatewayError.portOutOfRange(port) }
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = unsafe String(cString: gai_strerror(status))
            throw GatewayError.unknownHost(host: host, reason: reason)
        }
        defer { unsafe freeaddrinfo(list) }
        guard let found = unsafe Self.preferred(list, port: number) else {
            throw GatewayError.unknownHost(host: host, reason: "no address")
        }
        self = found
    }

    private static func preferred(
        _ list: UnsafeMutablePointer<addrinfo>?, port: UInt16
    ) -> ListenAddress? {
        var ip6: ListenAddress?
        var next = unsafe list
        while let entry = unsafe next {
            guard let address = unsafe entry.pointee.ai_addr else { break }
            let raw = UnsafeRawPointer(address)
            if unsafe entry.pointee.ai_family == AF_INET {
                var found = unsafe raw.loadUnaligned(as: sockaddr_in.self)
                found.sin_port = port.bigEndian
                return .ip4(found)
            }
            if ip6 == nil, unsafe entry.pointee.ai_family == AF_INET6 {
                var found = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
                found.sin6_port = port.bigEndian
                ip6 = .ip6(found)
            }
            unsafe next = entry.pointee.ai_next
        }
        return ip6
    }
}
