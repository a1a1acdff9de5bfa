import Foundation
import Testing

@Suite("The dashboard")
struct DashboardTests {
    private func page() async throws -> Reply {
        var page: Reply?
        try await RunningServer.with { page = try await $0.request("/") }
        return try #require(page)
    }

    @Test("it is one page of HTML with its style and its script in it")
    func whole() async throws {
        let reply = try await page()
        #expect(reply.status == 200)
        #expect(reply.header("Content-Type") == "text/html; charset=utf-8")
        #expect(reply.text.hasPrefix("<!doctype html>"))
        #expect(!reply.text.contains("/*style*/"))
        #expect(!reply.text.contains("/*script*/"))
        #expect(reply.text.contains(#"fetch("/status""#))
    }

    @Test("it loads nothing from elsewhere, and its policy would not let it")
    func selfContained() async throws {
        let reply = try await page()
        // A name of an XML vocabulary is no address that anything is loaded from.
        let text = reply.text.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(text.firstMatch(of: /(https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}/) == nil)
        #expect(text.firstMatch(of: /@import|url\(|<script[^>]+src|<link[^>]+stylesheet/) == nil)
        let policy = try #require(reply.header("Content-Security-Policy"))
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("connect-src 'self'"))
    }

    @Test("it puts what it is told into the page as text, never as markup")
    func noMarkup() async throws {
        let text = try await page().text
        #expect(
            text.firstMatch(of: /innerHTML|outerHTML|insertAdjacentHTML|document\.write/) == nil)
    }

    @Test("it follows the viewer's colours and the screen's width")
    func adapts() async throws {
        let text = try await page().text
        #expect(text.contains("prefers-color-scheme: dark"))
        #expect(text.contains(#"name="viewport" content="width=device-width"#))
        #expect(text.contains("@media (max-width:"))
    }

    @Test("every element that its script looks up is on the page")
    func elements() async throws {
        let text = try await page().text
        let wanted = text.matches(of: /\$\("([a-z]+)"\)/).map { String($0.1) }
        #expect(Set(wanted).count > 8)
        for id in Set(wanted) { #expect(text.contains("id=\"\(id)\""), "no element \(id)") }
    }
}
