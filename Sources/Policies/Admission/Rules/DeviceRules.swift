import Contracts
import Determinism

/// May the device see the data, can it answer, at what price, and in time?
enum DeviceRules {
    /// A device takes data up to its trust zone. `allowsRestricted` lets restricted data go to
    /// internal devices too, never to public ones.
    static func trust(
        _ device: DeviceForecast, _ context: AdmissionContext, _ policy: AdmissionPolicy
    ) -> ReasonCode? {
        let isTrusted =
            switch (context.request.dataClass, device.trustZone) {
            case (.public, _), (.internal, .internal), (_, .restricted): true
            case (.restricted, .internal): policy.allowsRestricted
            case (.internal, .public), (.restricted, .public): false
            }
        return isTrusted ? nil : .restrictedData
    }

    /// Silence is treated as failure: heartbeats do not depend on jobs, so calls resume with them.
    static func state(_ device: DeviceForecast, _ policy: AdmissionPolicy) -> ReasonCode? {
        guard let age = device.statusAge else {
            return policy.admitsBeforeFirstStatus ? nil : .backendFailed
        }
        let isServing = device.state == .online && age <= policy.statusStaleness
        return isServing ? nil : .backendFailed
    }

    static func price(_ offer: DeviceOffer, _ context: AdmissionContext) -> ReasonCode? {
        guard let most = context.request.maximumPriceMicros else { return nil }
        return offer.priceMicros <= most ? nil : .lowValue
    }

    /// Live, the result must come `safetyMargin` before the deadline. In shadow nobody waits for
    /// it, so only `shadowWaitLimit` binds.
    static func deadline(
        _ offer: DeviceOffer, _ context: AdmissionContext, _ policy: AdmissionPolicy
    ) -> ReasonCode? {
        switch context.mode {
        case .live:
            let latest = context.request.deadline - policy.safetyMargin
            return context.request.now + offer.completion <= latest ? nil : .queueTooLong
        case .shadow, .canary, .off:
            guard let limit = policy.shadowWaitLimit else { return nil }
            return offer.completion <= limit ? nil : .queueTooLong
        }
    }
}
