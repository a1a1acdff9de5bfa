import Contracts

/// A Swift type that a setting can have: conversion to and from configuration values.
protocol SettingRepresentable: Sendable {
    static var admitsNull: Bool { get }
    /// `nil` when the value has another shape; a setting's type has checked ranges before.
    init?(settingValue: ConfigurationValue)
    var settingValue: ConfigurationValue { get }
}

extension SettingRepresentable {
    static var admitsNull: Bool { false }
}

extension Bool: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .boolean(let value) = settingValue else { return nil }
        self = value
    }
    var settingValue: ConfigurationValue { .boolean(self) }
}

extension Int: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .integer(let value) = settingValue else { return nil }
        self = value
    }
    var settingValue: ConfigurationValue { .integer(self) }
}

extension Double: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .number(let value) = settingValue else { return nil }
        self = value
    }
    var settingValue: ConfigurationValue { .number(self) }
}

extension String: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .text(let value) = settingValue else { return nil }
        self = value
    }
    var settingValue: ConfigurationValue { .text(self) }
}

extension SettingRepresentable where Self: RawRepresentable, RawValue == String {
    init?(settingValue: ConfigurationValue) {
        guard case .text(let value) = settingValue else { return nil }
        self.init(rawValue: value)
    }
    var settingValue: ConfigurationValue { .text(rawValue) }
}

extension Mode: SettingRepresentable {}
extension DataClass: SettingRepresentable {}
extension DeviceKindChoice: SettingRepresentable {}
extension Delivery: SettingRepresentable {}
extension BackendChoice: SettingRepresentable {}
extension DeviceQueueChoice: SettingRepresentable {}
extension TenantArrivals: SettingRepresentable {}
extension TenantJobSizes: SettingRepresentable {}
extension DevicePriceChoice: SettingRepresentable {}
extension DeviceTiming: SettingRepresentable {}
extension DeviceNoiseChoice: SettingRepresentable {}

extension Optional: SettingRepresentable where Wrapped: SettingRepresentable {
    static var admitsNull: Bool { true }
    init?(settingValue: ConfigurationValue) {
        if settingValue == .null {
            self = .none
        } else if let value = Wrapped(settingValue: settingValue) {
            self = .some(value)
        } else {
            return nil
        }
    }
    var settingValue: ConfigurationValue { self?.settingValue ?? .null }
}

extension Array: SettingRepresentable where Element: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .list(let values) = settingValue else { return nil }
        let elements = values.compactMap { Element(settingValue: $0) }
        guard elements.count == values.count else { return nil }
        self = elements
    }
    var settingValue: ConfigurationValue { .list(map(\.settingValue)) }
}

extension Dictionary: SettingRepresentable where Key == String, Value == String {
    init?(settingValue: ConfigurationValue) {
        guard case .map(let entries) = settingValue else { return nil }
        self = [:]
        for entry in entries {
            guard case .text(let value) = entry.value else { return nil }
            self[entry.key] = value
        }
    }
    /// Sorted by name, so that the same properties always print the same.
    var settingValue: ConfigurationValue {
        .map(sorted { $0.key < $1.key }.map { .init($0.key, .text($0.value)) })
    }
}

extension ScoreInterval: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .list(let ends) = settingValue, ends.count == 2,
            case .number(let low) = ends[0], case .number(let high) = ends[1]
        else { return nil }
        self.init(low: low, high: high)
    }
    var settingValue: ConfigurationValue { .list([.number(low), .number(high)]) }
}

extension PlannedOutage: SettingRepresentable {
    init?(settingValue: ConfigurationValue) {
        guard case .map(let entries) = settingValue, entries.count == 2,
            case .number(let start) = entries[0].value,
            case .number(let duration) = entries[1].value
        else { return nil }
        self.init(startSeconds: start, durationSeconds: duration)
    }
    var settingValue: ConfigurationValue {
        .map([
            .init("startSeconds", .number(startSeconds)),
            .init("durationSeconds", .number(durationSeconds)),
        ])
    }
}
