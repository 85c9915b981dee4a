import EventPersistence
import EventPersistenceTesting
import Foundation
import HydraLog
import SimulatedNode

/// Carries out the orders of a log's script.
///
/// What a node does:
///
/// ```
/// append IDS [--tag TAG] [--form bare|untimed]   events a second apart, by default TickObserved
/// tear ID --keep BYTES      the node dies after this many bytes of a line
/// zeros COUNT               a full disk left NUL bytes
/// line TEXT                 a line of any text
/// rotate [--early] [--no-archive]   --early: as releases 0.22.0 to 0.22.3 did
/// migrate [--halfway]       state becomes hydra.db; --halfway: it died before it renamed state
/// lose COUNT                the last events are gone
/// move FILE TO              remove FILE
/// simulate --count N [--format F] [--seed N] [--rotate-after N] [--crash-each N]
///          [--lose-tail-at N] [--migrate-at N] [--upgrade-at N] [--gaps]
/// ```
///
/// What a reader sees:
///
/// ```
/// survey                    state, format, ends, archives, missing ids, shared ids
/// read [--after POSITION] [--from ID]            all events
/// next                      the events of a reader that stays open, up to the head
/// status POSITION           how the log matches a position: ID, ID:TAG, or start
/// torn                      the torn lines found
/// restart                   the reader's process ends and another begins
/// ```
final class ScriptedLog {
  private let folder = LogFolder()
  private lazy var directory = folder.directory
  private lazy var reader = directory.reader(from: .first)
  private var writer: NodeWriter { NodeWriter(folder: folder) }

  func carryOut(_ order: inout ScriptOrder) async throws -> [String] {
    switch order.verb {
    case "survey": return describe(await directory.survey())
    case "read": return try await read(&order)
    case "next": return await events(of: reader)
    case "status": return try await status(&order)
    case "torn": return try torn()
    case "restart":
      directory = folder.directory
      reader = directory.reader(from: .first)
      return []
    case "simulate":
      try await simulate(&order)
      return []
    default:
      try writer.carryOut(&order)
      return []
    }
  }

  // MARK: - Looking

  private func describe(_ survey: Survey) -> [String] {
    guard survey.state == .live else { return ["\(survey.state)"] }
    func name(_ position: Position?) -> String { position?.description ?? "nothing" }
    var lines = ["live \(survey.format?.rawValue ?? "of no format")"]
    lines[0] += ": \(name(survey.first)) to \(name(survey.head))"
    for archive in survey.archives {
      let ids = [archive.firstEventId, archive.lastEventId].map { $0.map(String.init) ?? "?" }
      lines.append("archive \(archive.path): \(ids.joined(separator: ".."))")
    }
    for missing in survey.missing { lines.append("missing \(missing.from)..\(missing.through)") }
    if !survey.sharedIds.isEmpty { lines.append("twice \(survey.sharedIds.stretches)") }
    return lines
  }

  private func read(_ order: inout ScriptOrder) async throws -> [String] {
    var start = Start.first
    if let text = try order.value("--after") { start = .after(try position(text, order)) }
    if let text = try order.value("--from") { start = .id(try position(text, order).eventId) }
    return await events(of: directory.reader(from: start))
  }

  /// The events of `reader`, a line for each stretch of one tag, and the error that it ends with.
  private func events(of reader: any EventReader) async -> [String] {
    var stretches: [(tag: String?, ids: [UInt64])] = []
    var failure: [String] = []
    do throws(SourceError) {
      while let batch = try await reader.next(BatchLimits(events: 7), through: nil) {
        for position in batch.entries.map(\.position) {
          if let last = stretches.last, last.tag == position.tag {
            stretches[stretches.count - 1].ids.append(position.eventId)
          } else {
            stretches.append((position.tag, [position.eventId]))
          }
        }
      }
    } catch {
      failure = ["error: \(error.kind.word)"]
    }
    let lines = stretches.map { "\($0.ids.stretches) \($0.tag ?? "of no tag")" } + failure
    return lines.isEmpty ? ["nothing"] : lines
  }

  private func status(_ order: inout ScriptOrder) async throws -> [String] {
    let text = try order.word("a position")
    do throws(SourceError) {
      let status = try await directory.status(
        of: text == "start" ? nil : Position(text: text))
      return ["\(status.match.word), then \(status.next?.description ?? "nothing")"]
    } catch {
      return ["error: \(error.kind.word)"]
    }
  }

  private func torn() throws -> [String] {
    let lines = try directory.tornLines()
    if lines.isEmpty { return ["none"] }
    return lines.map { "\($0.file): \($0.length) bytes at \($0.offset)" }
  }

  private func position(_ text: String, _ order: ScriptOrder) throws -> Position {
    guard let position = Position(text: text) else {
      throw order.error("\"\(text)\" is not a position like 4 or 4:Checkpoint")
    }
    return position
  }

  // MARK: - A simulated node

  private func simulate(_ order: inout ScriptOrder) async throws {
    let format = try order.value("--format") ?? "state"
    guard let format = LogFormat(rawValue: format) else {
      throw order.error("there is no format \(format)")
    }
    var options = SimulatedNode.Options(
      directory: folder.path, format: format, count: try order.number("--count"),
      rotateAfter: try order.number("--rotate-after"),
      seed: UInt64(try order.number("--seed") ?? 1), firstTime: Line.time(0))
    options.crashEach = try order.number("--crash-each")
    options.loseTailAt = try order.number("--lose-tail-at")
    options.migrateAt = try order.number("--migrate-at")
    options.upgradeAt = try order.number("--upgrade-at")
    options.hasGaps = order.flag("--gaps")
    try await SimulatedNode(options).run()
  }
}

extension Position {
  /// `ID` or `ID:TAG`.
  fileprivate init?(text: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard let id = parts.first.flatMap({ UInt64($0) }) else { return nil }
    self.init(eventId: id, tag: parts.count > 1 ? String(parts[1]) : nil)
  }
}

extension SourceError.Kind {
  fileprivate var word: String {
    switch self {
    case .gap(let ids): "gap \(ids.lowerBound)..\(ids.upperBound)"
    case .diverged(let position): "diverged, here is \(position?.description ?? "nothing")"
    default: "\(self)"
    }
  }
}

extension PositionStatus.Match {
  fileprivate var word: String {
    switch self {
    case .gap(let ids): "gap \(ids.lowerBound)..\(ids.upperBound)"
    case .differs(let position): "differs from \(position)"
    default: "\(self)"
    }
  }
}
