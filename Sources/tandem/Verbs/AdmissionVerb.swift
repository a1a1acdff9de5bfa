import Models
import ArgumentParser
import Configuration
import Contracts
import Determinism
import Foundation
import KafkaTransport
import Pipeline
import Policies
import Stages
import Terminal

/// `tandem admission what-if`: another policy on recorded decisions.
struct AdmissionVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admission",
        abstract: "Try an admission policy on what was decided, before it is turned on.",
        subcommands: [WhatIf.self])

    struct WhatIf: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "what-if",
            abstract: "Replay recorded decisions under another policy, and tell what changes.",
            discussion: """
                The policy file has the keys of the configuration's admission section (and mode); what \
                it does not set stays as configured. Decisions are replayed under the present \
                configuration too, and the share that comes out as recorded is told: trust the rest as \
                far as that. Flips of records that the recorded policy admits only by lot are weighted by \
                1/propensity.
                """)
        @Option(help: ArgumentHelp("The policy to try.", valueName: "file")) var policy: String
        @Option(
            help: ArgumentHelp(
                "Decisions of this time or later: RFC 3339, or an age such as 90s, 15m, 6h, 2d.",
                valueName: "time"))
        var from: String
        @Option(help: ArgumentHelp("Decisions before this time, or this old.", valueName: "time"))
        var until: String?
        @OptionGroup var configurationOptions: ConfigurationOptions
        @OptionGroup var outputOptions: OutputOptions

        func validate() throws { _ = try span(now: SystemTimeSource().now()) }

        private func span(now: Timestamp) throws -> (from: Timestamp, until: Timestamp) {
            let first = try instant("--from", from, now)
            let last = try until.map { try instant("--until", $0, now) } ?? now
            guard first < last else { throw ValidationError("--from must be before --until") }
            return (first, last)
        }

        private func instant(_ flag: String, _ text: String, _ now: Timestamp) throws -> Timestamp {
            guard let instant = RejectSelection.instant(text, now: now) else {
                throw ValidationError(
                    "\(flag) is '\(text)'; it must be a time such as 2026-11-21T10:15:30Z, or an "
                        + "age such as 90s, 15m, 6h, 2d")
            }
            return instant
        }

        func run() throws {
            let present = try configurationOptions.load().configuration
            let file = try policyFile()
            let old = try StageFactory.admission(present).policy
            let new = try StageFactory.admission(file.applied(to: present)).policy
            let span = try span(now: SystemTimeSource().now())
            let session = try Topics.session(present)
            StopSignal.shared.install()
            let history = try DecisionHistory.read(
                session.address, from: span.from, until: span.until,
                threshold: try threshold(present, session.address))
            guard !history.decisions.isEmpty else {
                let older =
                    history.unrecorded > 0
                    ? " (\(Format.count(history.unrecorded)) verdicts of older versions do not say "
                        + "by what they were decided)" : ""
                throw CommandFailure(
                    "no decision was recorded from \(span.from.rfc3339) to \(span.until.rfc3339)"
                        + older)
            }
            let report = ReplayReport(
                history.decisions, old: old, new: new, mode: file.sets("mode") ? new.mode : nil)
            let shown = WhatIfReport(
                report, history: history, keys: file.keys, from: span.from, until: span.until)
            if outputOptions.isJSON { return try JSONOutput.print(shown) }
            Console.print(shown.text(style: Console.outputStyle))
        }

        private func policyFile() throws -> AdmissionPolicyFile {
            guard let data = FileManager.default.contents(atPath: policy) else {
                throw CommandFailure("cannot read the policy file '\(policy)'")
            }
            do {
                return try AdmissionPolicyFile(
                    String(decoding: data, as: UTF8.self), fileName: policy)
            } catch {
                throw CommandFailure(error.description)
            }
        }

        /// The current model's; flips are told by it.
        private func threshold(
            _ configuration: TandemConfiguration, _ address: ClusterAddress
        ) throws -> Double {
            let follower = try ControlFollower(
                address, modelName: configuration.model, log: ClusterSession.log)
            defer { follower.stop() }
            guard follower.waitUntilCaughtUp(seconds: 10) else {
                throw CommandFailure("the control topics cannot be read: no answer within 10 s")
            }
            return follower.snapshot.model?.bundle.thresholds.decisionThreshold ?? 0.5
        }
    }
}
