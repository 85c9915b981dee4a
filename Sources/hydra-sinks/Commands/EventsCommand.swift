import ArgumentParser
import Dashboard
import EventArchive
import EventPersistence
import Foundation
import HydraLog
import Setup
import Wording

/// `events [DIR]`: the log's events as JSON lines, byte for byte as they were stored.
struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Print events as JSON lines, byte for byte as stored.",
    discussion: """
      Ids are inclusive, except for --after. If two events share an id, both are printed. A TIME \
      is UTC (2026-07-15T10:00:00Z, 2026-07-15) or how long ago (10m, -10m).
      """)

  @OptionGroup var options: SetupOptions

  @Argument(help: "The node's persistence directory.")
  var directory: String?

  @Option(help: ArgumentHelp("Begin after this id.", valueName: "id"), transform: LogPlace.id)
  var after: UInt64?
  @Option(help: ArgumentHelp("Begin at this id.", valueName: "id"), transform: LogPlace.id)
  var from: UInt64?
  @Option(help: ArgumentHelp("End with this id.", valueName: "id"), transform: LogPlace.id)
  var through: UInt64?

  @Option(help: ArgumentHelp("Only events with this tag. Repeatable.", valueName: "tag"))
  var tag: [String] = []

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Begin at this time.", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Begin this many events before the head.", valueName: "n"))
  var last: Int?

  @Flag(help: "Continue as events come.") var follow = false
  @Flag(help: "One readable line per event instead of JSON: id, time, tag, what matters, size.")
  var summary = false

  @Flag(help: "Instead of the events, count them by tag: how many, how many bytes, the largest.")
  var stats = false
  @Flag(help: "With --stats: one JSON document.") var json = false

  @Flag(
    help: ArgumentHelp(
      "Instead of the events, the report of one head: each transaction with its id, time, snapshot "
        + "and CBOR, then the final UTxO."))
  var transactions = false
  @Option(
    help: ArgumentHelp(
      "With --transactions: the id of the head, or its beginning.", valueName: "id"))
  var head: String?
  @Option(help: ArgumentHelp("With --transactions: json or csv.", valueName: "format"))
  var format: HeadReportPrinter.Form?

  @Flag(
    help:
      "Print the log's torn parts instead of its events: file, offset, length.")
  var torn = false

  @Option(
    help: ArgumentHelp(
      "Print what this secondary (kind file, s3 or jetstream) holds, instead of the log.",
      valueName: "name"))
  var of: String?
  @Option(
    help: ArgumentHelp(
      "With --of: which of the node's logs, where it began anew. Default: the newest.",
      valueName: "n"),
    transform: LogPlace.generation)
  var generation: Int?

  func validate() throws {
    if of != nil, torn || directory != nil {
      throw ValidationError("--of NAME reads an archive: expected neither DIR nor --torn.")
    }
    let starts = [after != nil, from != nil, since != nil, last != nil].filter { $0 }.count
    if starts > 1 {
      throw ValidationError("--after, --from, --since and --last: expected one of them.")
    }
    if generation != nil, of == nil {
      throw ValidationError("--generation: expected together with --of NAME.")
    }
    if torn, follow || summary || !tag.isEmpty {
      throw ValidationError("--torn does not take --follow, --summary or --tag.")
    }
    if stats, follow || summary || torn {
      throw ValidationError("--stats does not take --follow, --summary or --torn.")
    }
    if json, !stats {
      throw ValidationError("--json: expected together with --stats; the events are JSON anyway.")
    }
    try validateReport()
    if let last, last < 0 { throw ValidationError("--last: expected 0 or more.") }
    if let since, LogPlace.time(since) == nil {
      let expected = TimeText.expected(LogPlace.timeExpectation, found: since)
      throw ValidationError("--since: \(expected); found \"\(since)\".")
    }
  }

  private func validateReport() throws {
    guard transactions else {
      if head != nil || format != nil {
        throw ValidationError("--head and --format: expected together with --transactions.")
      }
      return
    }
    guard let head, head.count >= 4, head.allSatisfy(\.isHexDigit) else {
      throw ValidationError(
        "--transactions: expected --head with the id of a head, or at least 4 digits of it.")
    }
    let isPart = after != nil || from != nil || through != nil || since != nil || last != nil
    if isPart || !tag.isEmpty || follow || summary || stats || torn {
      throw ValidationError(
        "--transactions reports a head as a whole: expected no option that selects events.")
    }
  }

  func run() async throws {
    let printer = EventPrinter(
      tags: Set(tag), through: through, form: summary ? .summary : .json)
    if let of {
      let (setup, name) = try options.setup(of: of)
      setup.tell()
      let archive = try await setup.archive(named: name, generation: generation, from: start)
      if let report {
        let manifest = try await archive.storage.manifest()
        guard manifest.content == .events else {
          throw Refusal(
            .error, "\(name) holds transactions alone: the report needs the snapshots, too")
        }
        return try await report.print(archive, part: manifest.part)
      }
      try await print(archive, with: printer)
      return
    }
    let setup = try options.setup(directory: directory)
    setup.tell()
    let log = try setup.source()
    if torn {
      var printer = TornPrinter()
      try await printer.print(log, from: start, through: through)
      return
    }
    if let report { return try await report.print(log) }
    try await print(log, with: printer)
  }

  private var report: HeadReportPrinter? {
    guard transactions, let head else { return nil }
    return HeadReportPrinter(head: head, form: format ?? .json)
  }

  private func print(_ log: any EventSource, with printer: EventPrinter) async throws {
    guard stats else { return try await printer.print(log, from: start, follow: follow) }
    let statistics = try await printer.statistics(of: log, from: start)
    if json {
      StandardOutput.document(statistics)
    } else {
      for line in statistics.lines { StandardOutput.line(line) }
    }
  }

  private var start: Start {
    if let after { return .after(Position(eventId: after)) }
    if let from { return .id(from) }
    if let last { return .last(last) }
    if let since, let time = LogPlace.time(since) { return .time(time) }
    return .first
  }
}
