import EventPersistence
import Foundation
import Logging
import Setup

/// Tells the service manager that started this process how it is: ready once every secondary has its
/// sink open or has said why not, and alive as long as the loops that drive turn.
struct ServiceManager: Sendable {
  private let socket: NotifySocket
  /// How often the manager wants a sign of life; nil: it does not.
  private let watchdog: Duration?
  private let log: Logger

  /// Nil if none started it.
  init?(environment: [String: String], log: Logger) {
    guard let socket = NotifySocket(environment: environment) else { return nil }
    self.socket = socket
    self.log = log
    let isMeant = environment["WATCHDOG_PID"].flatMap { Int32($0) }.map { $0 == getpid() } ?? true
    watchdog =
      isMeant
      ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }
        .flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
  }

  /// Tells it until the task is cancelled.
  ///
  /// - Parameters:
  ///   - count: how many secondaries are to be driven at first.
  ///   - setups: the nodes that are driven, as they are configured now.
  func run(_ count: Int, _ setups: @escaping @Sendable () async -> [Setup]) async {
    await withTaskCancellationHandler {
      while !Task.isCancelled {
        let liveness = await liveness(setups)
        if liveness.areSettled, liveness.known >= count { break }
        try? await Task.sleep(for: .milliseconds(50))
      }
      guard !Task.isCancelled else { return }
      socket.send("READY=1", "STATUS=\(await Self.status(setups))")
      await feed(setups)
    } onCancel: {
      socket.send("STOPPING=1", "STATUS=ending after the current batches")
    }
  }

  /// The configuration is being read anew.
  func reloading() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    socket.send("RELOADING=1", "MONOTONIC_USEC=\(microseconds)")
  }

  /// It has been read, or stays as it was.
  func reloaded(_ setups: @escaping @Sendable () async -> [Setup]) async {
    socket.send("READY=1", "STATUS=\(await Self.status(setups))")
  }

  private func liveness(_ setups: @Sendable () async -> [Setup]) async -> DriveLiveness {
    var liveness = DriveLiveness()
    for setup in await setups() { liveness.add(setup.meters) { setup.argument($0) } }
    return liveness
  }

  /// Not the clock feeds the watchdog, but the loops: if one hangs, it gets nothing.
  private func feed(_ setups: @Sendable () async -> [Setup]) async {
    let interval = watchdog.map { min($0 / 3, .seconds(10)) } ?? .seconds(10)
    var said: String?
    while !Task.isCancelled {
      let trouble = await liveness(setups).trouble
      if let trouble {
        if said == nil { log.error("\(trouble)") }
        socket.send("STATUS=\(trouble)")
      } else {
        if watchdog != nil { socket.send("WATCHDOG=1") }
        if said != nil { socket.send("STATUS=\(await Self.status(setups))") }
      }
      said = trouble
      try? await Task.sleep(for: interval)
    }
  }

  private static func status(_ setups: @Sendable () async -> [Setup]) async -> String {
    var names: [String] = []
    for setup in await setups() {
      names += setup.meters.counts.filter { $0.value.beatAt != nil }.keys.map { setup.argument($0) }
    }
    return names.isEmpty ? "drives nothing" : "drives \(names.sorted().joined(separator: ", "))"
  }
}
