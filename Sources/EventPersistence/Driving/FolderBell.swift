internal import Foundation

/// Rings when something in a folder changes, as soon as the kernel says so (inotify(7)): for a
/// thread that would see it at its next look otherwise.
///
/// It only shortens a wait. Where it hears nothing (a network file system, a limit of the kernel
/// that is reached), and where it hears more than `BellPace` lets through, the next look at an
/// interval finds the same. It opens folders for reading alone, and changes nothing in them.
// Used by one thread, but for `interrupt`, which only writes to a descriptor that stays the same.
final class FolderBell: @unchecked Sendable {
  /// What a node does to its log, and a driver to its state: appending, and replacing a file.
  private static let mask =
    UInt32(IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)

  /// How often to find out that a path leads to another folder now, or that there is room for one
  /// more watch.
  private static let renewal = Duration.seconds(1)

  /// For how long it waits for the rest of a change that has begun: one event can take several
  /// writes, and a replaced file is created first.
  private static let gathering = Duration.milliseconds(2)

  /// Two ends of a socket: whoever interrupts writes a byte into the second one.
  private let interruption: (read: Int32, write: Int32)
  private let open: () -> Int32
  private var notifications: Int32 = -1
  private var watches: [String: Int32] = [:]
  private var renewedAt: ContinuousClock.Instant?
  private var pace = BellPace()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)

  /// Nil if this process may open no more files.
  ///
  /// - Parameter open: opens a descriptor of inotify; -1 if there is none to be had.
  init?(
    open: @escaping () -> Int32 = { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) }
  ) {
    self.open = open
    var ends: [Int32] = [-1, -1]
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let code = socketpair(AF_UNIX, Int32(kind), 0, &ends)
    interruption = (ends[0], ends[1])
    guard code == 0 else {
      buffer.deallocate()
      return nil
    }
  }

  deinit {
    close(interruption.read)
    close(interruption.write)
    if notifications >= 0 { close(notifications) }
    buffer.deallocate()
  }

  /// Hears these folders from now on, as far as the kernel allows, and no others.
  func listen(to folders: Set<String>) {
    let now = ContinuousClock.now
    if let renewedAt, now - renewedAt < Self.renewal, watches.count == folders.count,
      folders.allSatisfy({ watches[$0] != nil })
    {
      return
    }
    renewedAt = now
    if notifications < 0 { notifications = open() }
    guard notifications >= 0 else { return }
    var renewed: [String: Int32] = [:]
    // A folder that cannot be heard has -1, so that it is tried again at the next renewal only.
    for folder in folders {
      renewed[folder] = inotify_add_watch(notifications, folder, Self.mask)
    }
    for watch in Set(watches.values).subtracting(renewed.values) where watch >= 0 {
      inotify_rm_watch(notifications, watch)
    }
    watches = renewed
  }

  /// Waits until it rings, or until `instant`, or until `interrupt` is called; returns whether it
  /// rang.
  ///
  /// - Parameter interval: of the looks that find a change without it; nil: it does not ring, and
  ///   what it hears is left for the next call.
  func wait(until instant: ContinuousClock.Instant, each interval: Duration?) -> Bool {
    var now = ContinuousClock.now
    while true {
      let ringsAt = notifications < 0 ? nil : interval.map { pace.next(at: now, each: $0) }
      let isListening = ringsAt.map { $0 <= now } ?? false
      let end = isListening ? instant : min(instant, ringsAt ?? instant)
      let ready = poll(isListening, from: now, until: end)
      if ready.isInterrupted { return false }
      if ready.hasHeard, let interval {
        now = .now
        let gathered = min(instant, now.advanced(by: Self.gathering))
        let isInterrupted = poll(false, from: now, until: gathered).isInterrupted
        // What changed does not matter: a look finds out.
        drain(notifications)
        pace.ring(at: .now, each: interval)
        // The thread has both to do; its jobs come first.
        if isInterrupted { interrupt() }
        return true
      }
      now = .now
      if now >= instant { return false }
    }
  }

  /// Ends the call of `wait` that is under way, or else the next one. Any thread may call it.
  func interrupt() {
    var byte: UInt8 = 0
    write(interruption.write, &byte, 1)
  }

  private func poll(
    _ isListening: Bool, from now: ContinuousClock.Instant, until end: ContinuousClock.Instant
  ) -> (isInterrupted: Bool, hasHeard: Bool) {
    var entries = (
      pollfd(fd: interruption.read, events: Int16(POLLIN), revents: 0),
      pollfd(fd: isListening ? notifications : -1, events: Int16(POLLIN), revents: 0)
    )
    // Up, so that it does not wake just before.
    let (seconds, attoseconds) = max(.zero, now.duration(to: end)).components
    let milliseconds =
      min(seconds, 1_000_000) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    withUnsafeMutablePointer(to: &entries) { entries in
      _ = entries.withMemoryRebound(to: pollfd.self, capacity: 2) {
        Foundation.poll($0, 2, Int32(milliseconds))
      }
    }
    let isInterrupted = entries.0.revents != 0
    if isInterrupted { drain(interruption.read) }
    return (isInterrupted, entries.1.revents != 0)
  }

  private func drain(_ descriptor: Int32) {
    while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
  }
}

/// How often a bell may ring: at once after a quiet time, but under a node that writes without a
/// pause half as often as there are looks at an interval.
///
/// A bucket of `burst` rings that fills with one each two intervals, or each second if that is
/// sooner.
struct BellPace {
  static let burst = 4

  /// When the bucket is full again; nil: it is.
  private var fullAt: ContinuousClock.Instant?

  /// When it may ring next: `now`, or later.
  func next(at now: ContinuousClock.Instant, each interval: Duration) -> ContinuousClock.Instant {
    guard let fullAt else { return now }
    return max(now, fullAt.advanced(by: Self.refill(interval) * -(Self.burst - 1)))
  }

  /// It rings.
  mutating func ring(at now: ContinuousClock.Instant, each interval: Duration) {
    fullAt = max(now, fullAt ?? now).advanced(by: Self.refill(interval))
  }

  private static func refill(_ interval: Duration) -> Duration {
    min(max(interval, .milliseconds(1)) * 2, .seconds(1))
  }
}
