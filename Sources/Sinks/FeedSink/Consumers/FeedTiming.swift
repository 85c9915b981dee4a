internal import EventPersistence

/// The durations and bounds of a feed.
struct FeedTiming: Sendable, Hashable {
  /// How long a `put` waits for pongs before the driver checks its orders.
  var putMax = Duration.seconds(1)
  /// How often to check the log while a stream waits at its head.
  var interval = Duration.milliseconds(100)
  /// How often an idle consumer is pinged.
  var pingEach = Duration.seconds(20)
  /// A consumer that owes a pong, and neither answers nor takes a byte for this long, is silent.
  var silentAfter = Duration.seconds(60)
  /// A consumer silent for this long is dropped, so that a machine that went away does not hold the
  /// checkpoint forever. One that only stopped reading reconnects and is served from the log again.
  var dropAfter = Duration.seconds(15 * 60)
  /// How long the log may be without the event that was sent last: a feed inside a node sees an event
  /// before it is on disk. Longer than a driver takes to begin the node's next log by itself
  /// (`Standing.aheadAtMost`), which ends the streams, too.
  var missingMax = Duration.seconds(15)
  /// The pause after an error reading the log.
  var retryEach = Duration.seconds(1)

  /// Batches of frames that a consumer may leave untaken before its stream waits. With the current
  /// batch, the next one and the event whose snapshot is not confirmed yet, a consumer holds at most
  /// about `heldBatchesMax` reads of this process' memory, or as many of the log's largest events
  /// where those are larger.
  var unsentBatchesMax = 2
  private var heldBatchesMax: Int { unsentBatchesMax + 3 }

  /// How much a stream reads at once; a larger event comes alone. Each read wakes several threads: the
  /// fewer consumers there are, the more each reads. One alone holds 2.5 MiB at most; 64, each of which
  /// was held up as soon as it had connected, 53 MiB together.
  func read(consumers: Int) -> BatchLimits {
    let share = Self.heldBytes / heldBatchesMax / max(1, consumers)
    let bytes = min(max(share, Self.readBytes.lowerBound), Self.readBytes.upperBound)
    return BatchLimits(events: bytes / Self.eventBytes, bytes: bytes)
  }

  private static let readBytes = 64 << 10...512 << 10
  /// What a stream's record of an event takes, and more.
  private static let eventBytes = 128
  private static let heldBytes = 16 << 20
}
