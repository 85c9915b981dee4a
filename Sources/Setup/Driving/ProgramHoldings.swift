package import CommandSink
package import EventArchive
package import EventPersistence
internal import Foundation

/// What a program lists, one line per event: its id alone, an object with its `eventId` (and
/// perhaps `tag` and `time`), or the event itself.
package actor ProgramHoldings: HeldEvents {
  private var lines: ProgramLines.Iterator?
  private let program: String
  private var number = 0
  private var pending: HeldPiece?

  private static let piece = 1000

  package init(_ lines: ProgramLines, program: String) {
    self.lines = lines.makeAsyncIterator()
    self.program = program
  }

  package func next() async throws(SourceError) -> HeldPiece? {
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
          reason: "line \(number) is neither an id nor an event: \(shown)")
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

  /// Nil if the line is neither an id nor an event.
  static func position(_ line: ArraySlice<UInt8>) -> Position? {
    let text = String(decoding: line, as: UTF8.self)
    if let id = Position.id(text.trimmingCharacters(in: .whitespaces)) {
      return Position(eventId: id)
    }
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
