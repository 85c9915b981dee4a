/// The durations and bounds that a feed goes by.
struct FeedTiming: Sendable, Hashable {
  /// How long a `put` waits for pongs before the driver looks at its orders.
  var putMax = Duration.seconds(1)
  /// How often the log is looked at while a stream waits at its head.
  var interval = Duration.milliseconds(100)
  /// A consumer at rest is pinged so often.
  var pingEach = Duration.seconds(20)
  /// A consumer that owes a pong, and neither answers nor takes a byte for so long, is called silent.
  var silentAfter = Duration.seconds(60)
  /// For so long: it is dropped, so that a machine that went away does not hold the checkpoint for ever.
  /// One that only stopped reading comes back and is served from the log again.
  var dropAfter = Duration.seconds(15 * 60)
  /// The pause after an error of the log.
  var retryEach = Duration.seconds(1)

  /// What a stream reads at once; an event that is larger comes alone.
  var readBytesMax = 256 << 10
  var readEventsMax = 2000
  /// Batches of frames that a consumer may leave untaken; then its stream waits. With the batch in hand and
  /// the event whose snapshot is still to be confirmed, a consumer so holds at most about
  /// `(unsentBatchesMax + 2) · readBytesMax` of this process' memory, 1 MiB, or as many of the log's largest
  /// events where those are larger.
  var unsentBatchesMax = 2
}
