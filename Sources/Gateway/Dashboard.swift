/// The dashboard: one page without external resources, put together from the files in `Dashboard/`.
enum Dashboard {
    static let html = string(PackageResources.page_html)
        .replacing("/*style*/", with: string(PackageResources.style_css))
        .replacing("/*script*/", with: string(PackageResources.script_js))

    private static func string(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
