/// Writes settings as nested YAML: opens a section when its first setting comes.
struct SettingWriter {
    private(set) var text = ""
    private var open: [String] = []

    /// Opens the sections of `setting` that are not open yet.
    /// - Parameter titled: whether each section gets an empty line and its title as a comment.
    mutating func enter(sectionsOf setting: Setting, titled: Bool = false) {
        let wanted = setting.sections
        var common = 0
        while common < min(open.count, wanted.count), open[common] == wanted[common] { common += 1 }
        open = Array(open[..<common])
        for section in wanted[common...] {
            if titled { title(of: open + [section]) }
            line(section + ":", comment: "")
            open.append(section)
        }
    }

    mutating func line(_ content: String, comment: String) {
        text += indentation + content + comment + "\n"
    }

    mutating func emptyLine() { text += "\n" }

    /// Comment lines of at most 100 columns.
    mutating func comment(_ sentence: String) {
        var current = ""
        for word in sentence.split(separator: " ") {
            if !current.isEmpty, indentation.count + 2 + current.count + 1 + word.count > 100 {
                line("# " + current, comment: "")
                current = ""
            }
            current += current.isEmpty ? String(word) : " " + word
        }
        if !current.isEmpty { line("# " + current, comment: "") }
    }

    private var indentation: String { String(repeating: "  ", count: open.count) }

    private mutating func title(of path: [String]) {
        emptyLine()
        let name = path.joined(separator: ".")
        if let entry = Settings.sectionTitles.first(where: { $0.section == name }) {
            comment(entry.title)
        }
    }
}
