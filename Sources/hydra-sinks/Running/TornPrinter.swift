import Dashboard
import EventPersistence
import HydraLog
import Wording

/// Finds a log's torn lines and prints the file, offset and length of each, and how far it looked.
struct TornPrinter {
  private var bar = ProgressBar("torn lines")

  mutating func print(
    _ log: PersistenceDirectory, from start: Start, through last: UInt64?
  ) async throws {
    let search = log.tornSearch(from: start, through: last)
    var count = 0
    var end: TornSearch.Step?
    while let step = try await search.next() {
      if !step.torn.isEmpty { bar.clear() }
      for line in step.torn {
        StandardOutput.line("\(Visible.text(line.file))  \(line.offset)  \(line.length)")
      }
      count += step.torn.count
      bar.show(done: step.bytesDone, of: step.bytesTotal)
      end = step
    }
    bar.clear()
    StandardError.say(Self.sentence(count, end, through: last))
  }

  /// How many there are, and how far it looked.
  static func sentence(_ count: Int, _ end: TornSearch.Step?, through last: UInt64?) -> String {
    let found = count == 0 ? "no torn line" : count == 1 ? "1 torn line" : "\(count) torn lines"
    guard let end else { return "\(found): the log has no event" }
    let id = end.through.map { "id \($0.eventId)" } ?? last.map { "id \($0)" }
    return "\(found) through \(id.map { "\($0), " } ?? "")offset \(end.offset) of \(end.file)"
  }
}
