import Contracts

/// `enrichment.devices`: maps whose keys are those of `enrichment.device`.
enum DeviceList {
    /// With `enrichment.device` as many as admission looks at.
    static let maximum = 7
    private static let section = "enrichment.device."

    /// The checked devices, or nil where one has no name, a key that is none, or a value that its key
    /// does not allow.
    static func parse(_ raw: RawNode) -> ConfigurationValue? {
        if case .null = raw.content { return .list([]) }
        guard case .list(let items) = raw.content, items.count <= maximum else { return nil }
        var devices: [ConfigurationValue] = []
        for item in items {
            guard case .map(let entries) = item.content else { return nil }
            var parsed: [ConfigurationValue.Entry] = []
            for entry in entries {
                guard let setting = Settings.setting(section + entry.key),
                    let value = setting.parse(entry.value)
                else { return nil }
                parsed.append(.init(entry.key, value))
            }
            guard let device = DeviceConfiguration(settingValue: .map(parsed)) else { return nil }
            // Normal form: what is a default is left out, in the order of the settings table.
            devices.append(device.settingValue)
        }
        return .list(devices)
    }

    static var settings: [Setting] { Settings.all.filter { $0.key.hasPrefix(section) } }
}

extension DeviceConfiguration: SettingRepresentable {
    /// What a map leaves out is at its default, but for the name.
    init?(settingValue: ConfigurationValue) {
        guard case .map(let entries) = settingValue, entries.contains(where: { $0.key == "name" })
        else { return nil }
        var configuration = TandemConfiguration()
        for entry in entries {
            guard let setting = Settings.setting("enrichment.device." + entry.key),
                setting.assign(entry.value, to: &configuration)
            else { return nil }
        }
        self = configuration.enrichment.device
    }

    var settingValue: ConfigurationValue {
        var configuration = TandemConfiguration()
        configuration.enrichment.device = self
        return .map(
            DeviceList.settings.compactMap { setting in
                let value = setting.value(in: configuration)
                let isShown = setting.name == "name" || value != setting.defaultValue
                return isShown ? .init(setting.name, value) : nil
            })
    }
}
