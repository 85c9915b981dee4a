internal import EventPersistence
internal import Synchronization

/// The ledger that the server's thread, the streams and the sink share, with its clock.
final class SharedLedger: Sendable {
  private let ledger = Mutex(ConsumerLedger())
  let clock: DriverClock

  init(clock: DriverClock) { self.clock = clock }

  var now: Duration { clock.now }

  func withLock<R: Sendable>(_ body: (inout sending ConsumerLedger) -> sending R) -> R {
    ledger.withLock(body)
  }

  /// Changes the record of a consumer if it is still connected.
  func update(_ id: Consumer.ID, _ body: (inout Consumer, Duration) -> Void) {
    let now = clock.now
    ledger.withLock { ledger in
      _ = ledger.update(id) { body(&$0, now) }
    }
  }
}
