/// One series of a panel: a value for each instant of the chart.
public struct ChartSeries: Sendable, Equatable {
    public enum Look: Sendable, Equatable {
        /// Stacked on the areas before it; missing values count as 0.
        case area
        case line
        /// A line that marks a limit.
        case dashed
    }

    public let name: String
    public let look: Look
    /// As many as the chart has instants; what is not finite is left out.
    public let values: [Double]
    /// Place in the palette.
    public let color: Int

    public init(_ name: String, _ look: Look, _ values: [Double], color: Int) {
        self.name = name
        self.look = look
        self.values = values
        self.color = color
    }
}

/// One of a chart's panels: its series share a vertical axis that begins at 0.
public struct ChartPanel: Sendable, Equatable {
    public let title: String
    /// Of the vertical axis.
    public let unit: String
    public let series: [ChartSeries]
    /// Upper end of the axis; nil for what the values need.
    public let top: Double?

    public init(title: String, unit: String, series: [ChartSeries], top: Double? = nil) {
        self.title = title
        self.unit = unit
        self.series = series
        self.top = top
    }
}

/// A span of the horizontal axis that is shaded, and what happened in it.
public struct ChartWindow: Sendable, Equatable {
    public let name: String
    public let from: Double
    public let until: Double

    public init(_ name: String, from: Double, until: Double) {
        self.name = name
        self.from = from
        self.until = until
    }
}

/// The horizontal axis.
public enum ChartScale: Sendable, Equatable {
    /// Seconds from the start, in the unit that suits them.
    case time
    /// Decades of a rate.
    case logarithmic
}

/// Panels above one another over one horizontal axis, with one legend each.
public struct Chart: Sendable, Equatable {
    public let title: String
    public let subtitle: String
    /// Of the horizontal axis; rising, two or more, positive where the scale is logarithmic.
    public let instants: [Double]
    public let scale: ChartScale
    public let axis: String
    public let windows: [ChartWindow]
    public let panels: [ChartPanel]

    public init(
        title: String, subtitle: String, instants: [Double], scale: ChartScale = .time,
        axis: String, windows: [ChartWindow] = [], panels: [ChartPanel]
    ) {
        self.title = title
        self.subtitle = subtitle
        self.instants = instants
        self.scale = scale
        self.axis = axis
        self.windows = windows
        self.panels = panels
    }
}
