internal import EventPersistence
package import SecondaryStatus

/// How far a count of the log's tags has come, and what it found.
package struct TagCount: Sendable, Hashable {
  package var statistics: EventStatistics
  /// How much of the log was counted, from 0 to 1; nil if that is not known.
  package var share: Double?
  /// Whether it has reached the head.
  package var isOver: Bool
  /// What could not be read, in a sentence; nil if everything was.
  package var unread: String?

  package init(
    _ statistics: EventStatistics, share: Double? = nil, isOver: Bool = false,
    unread: String? = nil
  ) {
    self.statistics = statistics
    self.share = share
    self.isOver = isOver
    self.unread = unread
  }
}
