public import DequeModule
public import Determinism

/// Values by record key, first in, first out: bounded by number and by age.
///
/// A removed key's place in the order stays until it reaches the front or until such places
/// outnumber the live ones, so memory is at most twice the live entries plus a thousand places.
@usableFromInline
struct ExpiringStore<Value> {
    @usableFromInline
    struct Place {
        @usableFromInline let key: RecordKey
        @usableFromInline let arrived: Timestamp
        /// Tells this stay of a key from an earlier one.
        @usableFromInline let serial: UInt64

        @inlinable
        init(key: RecordKey, arrived: Timestamp, serial: UInt64) {
            self.key = key
            self.arrived = arrived
            self.serial = serial
        }
    }

    @usableFromInline
    struct Entry {
        @usableFromInline let value: Value
        @usableFromInline let arrived: Timestamp
        @usableFromInline let serial: UInt64

        @inlinable
        init(value: Value, arrived: Timestamp, serial: UInt64) {
            self.value = value
            self.arrived = arrived
            self.serial = serial
        }
    }

    @usableFromInline var entries: [RecordKey: Entry] = [:]
    @usableFromInline var order = Deque<Place>()
    @usableFromInline var nextSerial: UInt64 = 0

    @inlinable init() {}

    @inlinable var count: Int { entries.count }

    @inlinable
    func contains(_ key: RecordKey) -> Bool { !entries.isEmpty && entries[key] != nil }

    /// Adds a key that is not present.
    @inlinable
    mutating func insert(_ value: Value, for key: RecordKey, now: Timestamp) {
        entries[key] = Entry(value: value, arrived: now, serial: nextSerial)
        order.append(Place(key: key, arrived: now, serial: nextSerial))
        nextSerial &+= 1
        if order.count > 2 * entries.count + 1024 { compact() }
    }

    @inlinable
    mutating func remove(_ key: RecordKey) -> Entry? {
        entries.isEmpty ? nil : entries.removeValue(forKey: key)
    }

    /// Removes the oldest live entry if it arrived at or before `cutoff`; nil when there is none.
    @inlinable
    mutating func removeOldest(
        arrivedBy cutoff: Timestamp = .distantFuture
    ) -> (key: RecordKey, entry: Entry)? {
        while let place = order.first, place.arrived <= cutoff || !isLive(place) {
            order.removeFirst()
            if isLive(place), let entry = entries.removeValue(forKey: place.key) {
                return (place.key, entry)
            }
        }
        return nil
    }

    /// Removes every value that `isGone` says yes to.
    @inlinable
    mutating func removeAll(where isGone: (Value) -> Bool) {
        entries = entries.filter { !isGone($0.value.value) }
        if order.count > 2 * entries.count + 1024 { compact() }
    }

    @inlinable
    func isLive(_ place: Place) -> Bool { entries[place.key]?.serial == place.serial }

    @inlinable
    mutating func compact() {
        order = Deque(order.filter { isLive($0) })
    }
}

extension ExpiringStore: Sendable where Value: Sendable {}
extension ExpiringStore.Place: Sendable {}
extension ExpiringStore.Entry: Sendable where Value: Sendable {}
