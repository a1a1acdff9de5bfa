import Determinism

/// A queue in an array whose spent front is dropped now and then: appends and pops cost O(1) on
/// average.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var front = 0

    var count: Int { elements.count - front }
    var isEmpty: Bool { front == elements.count }
    var first: Element? { front < elements.count ? elements[front] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        front += 1
        if front > 64 && 2 * front > elements.count {
            elements.removeFirst(front)
            front = 0
        }
        return element
    }

    mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        guard let index = elements[front...].firstIndex(where: matches) else { return nil }
        return elements.remove(at: index)
    }
}

/// Elements in ascending order of an instant, equal ones in the order of insertion.
///
/// Insertion costs as many steps as there are later elements: few, because what is inserted is
/// nearly in order.
struct Agenda<Element> {
    private var entries: [(instant: Timestamp, element: Element)] = []

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var firstInstant: Timestamp? { entries.first?.instant }
    var elements: [Element] { entries.map(\.element) }

    mutating func insert(_ element: Element, at instant: Timestamp) {
        var place = entries.count
        while place > 0 && entries[place - 1].instant > instant { place -= 1 }
        entries.insert((instant, element), at: place)
    }

    mutating func popFirst() -> Element? {
        entries.isEmpty ? nil : entries.removeFirst().element
    }

    /// Removes and returns the elements up to and including `now`, in order, until one is not wanted.
    mutating func take(through now: Timestamp, while isWanted: (Element) -> Bool) -> [Element] {
        var taken = 0
        while taken < entries.count && entries[taken].instant <= now
            && isWanted(entries[taken].element)
        { taken += 1 }
        defer { entries.removeFirst(taken) }
        return entries.prefix(taken).map(\.element)
    }

    mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        guard let index = entries.firstIndex(where: { matches($0.element) }) else { return nil }
        return entries.remove(at: index).element
    }

    mutating func removeAll() { entries.removeAll() }
}
