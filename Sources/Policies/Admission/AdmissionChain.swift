import Contracts
import Determinism

/// One record's way through the rules: what has been decided so far, and what is still on offer.
struct AdmissionChain {
    private(set) var reason: ReasonCode?
    private(set) var propensity = 1.0
    private(set) var lastStruck: DeviceOffer?
    private var offers: OfferSet
    private let hasDevices: Bool

    init(_ request: AdmissionRequest, _ devices: [DeviceForecast], _ policy: AdmissionPolicy) {
        offers = OfferSet(request, devices, policy.ladder)
        hasDevices = !offers.isEmpty
    }

    /// Runs the rules.
    ///
    /// A record that loses a lot is shown to the remaining rules too: if one of them refuses, no
    /// lot would have admitted it, and its propensity is 0. The first reason stands.
    mutating func fold(
        _ context: AdmissionContext, _ devices: [DeviceForecast], _ policy: AdmissionPolicy,
        _ state: borrowing AdmissionState
    ) {
        for rule in policy.rules {
            switch rule.scope {
            case .record:
                switch rule.verdict(context, policy, state) {
                case .pass: continue
                case .refuse(let refusal): return refuse(refusal)
                case .lot(let probability, let drawn, let otherwise):
                    propensity *= probability
                    if !drawn, reason == nil { reason = otherwise }
                }
            case .offer:
                if let refusal = strike(rule, context, devices, policy, state) {
                    return refuse(refusal)
                }
            }
        }
        if !hasDevices { refuse(.backendFailed) }
    }

    private mutating func refuse(_ refusal: ReasonCode) {
        reason = reason ?? refusal
        propensity = 0
    }

    /// Strikes out what a rule refuses.
    ///
    /// - Returns: the reason of the first offer struck out, when none is left.
    private mutating func strike(
        _ rule: AdmissionRule, _ context: AdmissionContext, _ devices: [DeviceForecast],
        _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> ReasonCode? {
        guard hasDevices else { return rule == .device ? .backendFailed : nil }
        var first: ReasonCode?
        var index = offers.next(from: 0)
        while let current = index {
            let device = OfferSet.device(current)
            if let offer = offer(current, context, devices, policy, state),
                let refusal = rule.refusal(offer, of: devices[device], context, policy, state)
            {
                offers.remove(current)
                if first == nil { (first, lastStruck) = (refusal, offer) }
            }
            index = offers.next(from: current + 1)
        }
        return offers.isEmpty ? first : nil
    }

    /// The cheapest of the offers left at the lowest step.
    func choose(
        _ context: AdmissionContext, _ devices: [DeviceForecast], _ policy: AdmissionPolicy,
        _ state: borrowing AdmissionState
    ) -> DeviceOffer? {
        guard let first = offers.next(from: 0) else { return nil }
        var best: DeviceOffer?
        var least = Double.infinity
        var index: Int? = first
        while let current = index, OfferSet.step(current) == OfferSet.step(first) {
            if let offer = offer(current, context, devices, policy, state) {
                let cost = policy.weights.cost(of: offer)
                if best == nil || cost < least { (best, least) = (offer, cost) }
            }
            index = offers.next(from: current + 1)
        }
        return best
    }

    /// What an offer comes to; nil for a device that is not there.
    func offer(
        _ index: Int, _ context: AdmissionContext, _ devices: [DeviceForecast],
        _ policy: AdmissionPolicy, _ state: borrowing AdmissionState
    ) -> DeviceOffer? {
        let position = OfferSet.device(index)
        guard position < devices.count else { return nil }
        let request = context.request
        let device = devices[position]
        let shots = min(
            OfferSet.shots(of: index, policy.ladder, request), device.maximumShots)
        let downgrade = OfferSet.downgrade(index)
        let simpler = downgrade == .simplerCircuit ? device.simpler : nil
        let service = device.service(of: simpler, shots: shots, of: request.shots)
        let saved = device.serviceTime - service
        let run = max(state.devices[position].cautiousRun - saved, .zero)
        let cautiousWait = state.devices[position].cautiousWait
        return DeviceOffer(
            device: position, downgrade: downgrade, shots: shots,
            priceMicros: (simpler?.price ?? device.price).micros(shots: shots),
            fidelity: simpler?.fidelity ?? device.fidelity, service: service,
            wait: state.devices[position].wait, cautiousWait: cautiousWait,
            completion: cautiousWait + run)
    }
}

extension DeviceForecast {
    /// Device time of one record, of the simpler circuit where one is given: less than the whole in
    /// proportion to shots that are left out.
    func service(of simpler: SimplerCall?, shots: Int, of wanted: Int) -> TimeSpan {
        let whole = simpler?.serviceTime ?? serviceTime
        guard shots < wanted, shotShare > 0 else { return whole }
        let share = shotShare * (1 - Double(shots) / Double(wanted))
        return whole - .seconds(whole.inSeconds * share)
    }

    /// Whether the simpler circuit is good enough and takes less money or time than the model's own.
    func gainsBySimplerCircuit(_ request: AdmissionRequest, _ ladder: DowngradeLadder) -> Bool {
        guard let simpler, simpler.fidelity >= ladder.minimumFidelity else { return false }
        let shots = min(request.shots, maximumShots)
        return simpler.serviceTime < serviceTime
            || simpler.price.micros(shots: shots) < price.micros(shots: shots)
    }
}
