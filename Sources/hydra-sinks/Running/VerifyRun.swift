import CommandSink
import EventPersistence
import Foundation
import HydraLog

/// A verification of one secondary: what it holds, and what it is compared with.
struct VerifyRun: Sendable {
  var setup: Setup
  var name: String
  var from: LogPlace?
  var through: LogPlace?
  var isStrict = false

  /// Compares, and tells what came of it. A task that is cancelled ends it.
  func run(
    progress: @escaping @Sendable (Verification.Progress) -> Void
  ) async throws -> VerifyReport {
    let secondary = try setup.secondary(named: name)
    let source = try setup.source()
    let folder = setup.state.folder(name)
    // Read first: everything through it is stored by the time that the sink is looked at.
    var checkpoint = try folder.readCheckpoint()?.position
    let binding = try folder.readBinding()
    var request = Verification.Request(
      from: try await id(from, in: source, isEnd: false),
      through: try await id(through, in: source, isEnd: true), isStrict: isStrict,
      checkpoint: checkpoint, first: binding?.first, selection: secondary.selection)
    if let first = request.from, let last = request.through, first > last {
      throw Refusal(.usage, "--from \(first) is behind --through \(last)")
    }
    var report = VerifyReport()
    if let archive = try setup.archive(of: secondary) {
      let manifest = try await archive.manifest()
      if checkpoint == nil {
        checkpoint = await ArchiveSource(archive).survey().head
        request.checkpoint = checkpoint
      }
      report.setAside = try await archive.setAsideCount()
      report.retiredThrough = manifest.retiredThrough
      request.keepsLastTwins = manifest.keepsLastTwins
      if manifest.content == .transactions { request.form = setup.transactionLines }
      let held = ArchiveHoldings(archive, from: request.from ?? 0)
      var result = try await Verification(request, of: held, against: source)
        .run(report, progress: progress)
      result.shorter = UInt64(await held.shorter.count)
      return result
    }
    guard case .command(let command) = secondary.kind, let words = command.verifyCommand else {
      throw Refusal(
        .error,
        "\(name) is of kind \(secondary.kind.name), and nothing tells what it holds: expected one of "
          + "kind file or s3, or a command with a verify-command")
    }
    let held = ProgramHoldings(
      ProgramLines(command: words, name: name, timeout: command.timeout), program: words[0])
    request.form = .positions
    return try await Verification(request, of: held, against: source).run(
      report, progress: progress)
  }

  /// The id that an end of the range comes to.
  private func id(
    _ place: LogPlace?, in source: any EventSource, isEnd: Bool
  ) async throws -> UInt64? {
    switch place {
    case nil: return nil
    case .id(let id): return id
    case .time(let time):
      let start = isEnd ? time.advanced(bySeconds: 1e-6) : time
      guard let found = try await source.locate(.time(start)) else {
        guard !isEnd else { return nil }
        throw Refusal(.error, "there is no event at \(time) or behind it")
      }
      guard isEnd else { return found.eventId }
      return try await source.predecessor(of: found)?.eventId
    }
  }

  /// The command line that would mend what can be mended.
  func repair(_ report: VerifyReport, options: [String]) -> String? {
    report.repair.map { ids in
      let words =
        ["hydra-sinks", "replay", setup.argument(name)] + options
        + ["--from", "\(ids.lowerBound)", "--through", "\(ids.upperBound)", "--execute"]
      return words.map(Self.quoted).joined(separator: " ")
    }
  }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || "-_./:=,@%+".utf8.contains(byte)
    }
    return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}

/// What a program lists: a line an event, its id alone, or an object with its `eventId`, and perhaps `tag` and
/// `time`, or the event itself.
private actor ProgramHoldings: HeldEvents {
  private var lines: ProgramLines.Iterator?
  private let program: String
  private var number = 0
  private var pending: HeldPiece?

  private static let piece = 1000

  init(_ lines: ProgramLines, program: String) {
    self.lines = lines.makeAsyncIterator()
    self.program = program
  }

  func next() async throws(SourceError) -> HeldPiece? {
    if let piece = pending {
      pending = nil
      return piece
    }
    var events: [StateEvent] = []
    while events.count < Self.piece, let line = try await nextLine() {
      number += 1
      let text = line.drop { $0 == 0x20 || $0 == 0x0D }
      if text.isEmpty { continue }
      guard let position = Self.position(line) else {
        let shown = String(decoding: line.prefix(80), as: UTF8.self)
        pending = .damaged(
          object: program, ids: nil,
          reason: "lists in line \(number) what is neither an id nor an event: \(shown)")
        break
      }
      events.append(StateEvent(position: position, json: Array(line)))
    }
    if events.isEmpty {
      defer { pending = nil }
      return pending
    }
    return .lines(EventBatch(events), object: program)
  }

  private func nextLine() async throws(SourceError) -> ArraySlice<UInt8>? {
    guard var iterator = lines else { return nil }
    lines = nil
    do throws(SinkError) {
      let line = try await iterator.next(isolation: self)
      lines = iterator
      return line
    } catch {
      throw SourceError(.unreadable, error.message)
    }
  }

  private static func position(_ line: ArraySlice<UInt8>) -> Position? {
    let text = String(decoding: line, as: UTF8.self)
    if let id = UInt64(text.trimmingCharacters(in: .whitespaces)) { return Position(eventId: id) }
    guard var position = Array(line).withUnsafeBytes({ Position(json: $0) }) else { return nil }
    if position.tag == nil, text.contains("\"tag\""),
      let object = try? JSONDecoder().decode(Tagged.self, from: Data(line))
    {
      position.tag = object.tag
    }
    return position
  }

  private struct Tagged: Decodable { var tag: String? }
}
