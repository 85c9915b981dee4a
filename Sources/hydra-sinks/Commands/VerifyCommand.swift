import ArgumentParser
import Dashboard
import EventArchive
import EventPersistence
import Foundation
import Setup
import Synchronization
import Wording

/// `verify NAME`: compares what a secondary holds with the log.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare what a secondary holds with the log, event by event.",
    discussion: """
      For kind file, s3 and jetstream, and for a command whose verify-command lists what it holds (one id or \
      event per line). It reads both completely, changes neither, and keeps the verdict in the state directory \
      (verified.json), where status and the dashboard show it. It expects everything through \
      the checkpoint.

      Exit code 0: it holds everything. 2: something is missing, extra, damaged or different; the \
      last line is the replay that repairs it, or the last lines are: one for each stretch of the log \
      that can be read whole. 3: no fault was found, but a part cannot be proven, \
      because the log no longer has it, or because it could not be read in the log or in the \
      secondary, or because the comparison was interrupted.

      With --generation of a log that the node no longer has, it proves what can be proven without \
      that log: that each object is whole, and each event is there once and in order.

      Keys of --json: verdict (whole, differs, unproven, interrupted); expected, held, same (events); \
      missing, extra, twice, outOfOrder, differing, unexamined, unproven, incomparable, each with \
      events, ranges (from, through, events: the first 1000) and omitted (further ranges); differences \
      (eventId, tag, object, at), damages and failures (object, reason, from, through), the first 100 \
      of each; holes (from, through, reason: what the log has lost or cannot read); undecodable (all damaged objects); unread (all objects that could not be read); \
      unselected, shorter, setAside, retiredThrough; checkpoint, primaryFirst, \
      primaryLast, from, through, bytes; repairs (from, through: the first 100), repairCommands, and \
      repair, the first of these.
      """)

  @OptionGroup var secondary: SecondaryOptions
  @OptionGroup var range: RangeOptions

  @Option(
    help: ArgumentHelp(
      "Which of the node's logs, where it began anew. Default: the current one.", valueName: "n"),
    transform: LogPlace.generation)
  var generation: Int?

  @Flag(help: "Require the same bytes, not only the same JSON.")
  var bytes = false
  @Flag(help: "Print one JSON document.")
  var json = false

  func run() async throws {
    let (setup, name) = try secondary.open()
    let run = VerifyRun(
      setup: setup, name: name, from: try range.beginning, through: try range.ending,
      isStrict: bytes, generation: generation)
    let bar = VerifyBar(name)
    let report = try await Interrupts.cancelling {
      defer { bar.clear() }
      return try await run.run { bar.show($0) }
    }
    let repairs = run.repairs(report, options: secondary.setup.words)
    if json {
      StandardOutput.document(
        VerifyDocument(
          secondary: name, kind: try setup.secondary(named: name).kind.name,
          verdict: report.verdict, repairs: repairs, report: report))
    } else {
      for line in VerifyText.lines(report, name: name, repairs: repairs, paint: .standardOutput) {
        StandardOutput.line(line)
      }
    }
    do throws(StateError) { try run.keep(report) } catch {
      StandardError.say(
        "the verdict is not kept, so status and the dashboard do not show it: \(error.message)")
    }
    switch report.verdict {
    case .whole: return
    case .differs: throw Exit(.error)
    case .unproven, .interrupted: throw Exit(.unknown)
    }
  }
}

/// The progress of a verification on a terminal.
private final class VerifyBar: Sendable {
  private let bar: Mutex<ProgressBar>

  init(_ name: String) { bar = Mutex(ProgressBar(name)) }

  func show(_ progress: Verification.Progress) {
    bar.withLock {
      $0.show(
        done: progress.done, of: progress.total,
        note: progress.faults > 0 ? "\(Quantity.count(progress.faults)) faults" : "")
    }
  }

  func clear() { bar.withLock { $0.clear() } }
}

/// The document of `verify --json`: the report, and the secondary it belongs to.
private struct VerifyDocument: Encodable {
  var secondary: String
  var kind: SinkKind
  var verdict: VerifyReport.Verdict
  var repairs: [String]
  var report: VerifyReport

  private enum CodingKeys: CodingKey { case secondary, kind, verdict, repair, repairCommands }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(secondary, forKey: .secondary)
    try container.encode(kind, forKey: .kind)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(repairs.first, forKey: .repair)
    try container.encode(repairs, forKey: .repairCommands)
  }
}
