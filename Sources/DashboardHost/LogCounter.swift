internal import Dashboard
package import EventPersistence
internal import SecondaryStatus
internal import Synchronization

/// Counts the log's tags in the background, at the reader's speed, in the memory of one batch.
///
/// It goes on where it was stopped, as long as the log has the event that it counted last.
package final class LogCounter: Sendable {
  private struct Counted {
    var statistics = EventStatistics()
    var last: Position?
    var unread: String?
  }

  private let source: any EventSource
  private let inbox: Inbox
  private let counted = Mutex(Counted())
  /// The current count; any other ends at its next batch.
  private let current = Mutex<UInt64>(0)

  private static let limits = BatchLimits(events: 10_000, bytes: 4 << 20)
  /// How often it tells how far it has come.
  private static let pace = Duration.milliseconds(250)

  package init(source: any EventSource, inbox: Inbox) {
    self.source = source
    self.inbox = inbox
  }

  package func stop() { current.withLock { $0 += 1 } }

  /// Counts through the head, unless it is stopped or begun again.
  package func run() async {
    let mine = current.withLock { current in
      current += 1
      return current
    }
    func isCurrent() -> Bool { current.withLock { $0 == mine } && !Task.isCancelled }
    do throws(SourceError) {
      var counted = try await begin()
      var reader = PassingReader(source, from: counted.last.map { .after($0) } ?? .first)
      let head = await source.survey().head?.eventId
      var told: ContinuousClock.Instant?
      while let part = try await reader.next(Self.limits, through: nil) {
        guard isCurrent() else { return }
        counted.statistics.count(part.batch)
        counted.last = part.batch.last
        counted.unread = counted.unread ?? part.losses.values.min()
        keep(counted)
        guard told.map({ .now - $0 >= Self.pace }) ?? true else { continue }
        told = .now
        tell(counted, head: head)
      }
      guard isCurrent() else { return }
      counted.unread = counted.unread ?? reader.endLoss
      keep(counted)
      tell(counted, head: head, isOver: true)
    } catch {
      guard isCurrent() else { return }
      let statistics = counted.withLock { $0.statistics }
      inbox.tell(.counted(TagCount(statistics, isOver: true, unread: error.message)))
    }
  }

  /// What was counted before, if that is the beginning of the log still.
  private func begin() async throws(SourceError) -> Counted {
    let counted = counted.withLock { $0 }
    guard let last = counted.last else { return counted }
    return try await source.status(of: last).match == .found ? counted : Counted()
  }

  private func keep(_ counted: Counted) { self.counted.withLock { $0 = counted } }

  private func tell(_ counted: Counted, head: UInt64?, isOver: Bool = false) {
    var share: Double?
    if let head, let first = counted.statistics.firstEventId, let last = counted.last?.eventId,
      head > first
    {
      share = min(1, Double(last - min(last, first)) / Double(head - first))
    }
    inbox.tell(
      .counted(
        TagCount(
          counted.statistics, share: isOver ? 1 : share, isOver: isOver, unread: counted.unread)))
  }
}
