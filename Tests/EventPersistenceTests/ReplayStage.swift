import EventPersistence
import EventPersistenceTesting
import Foundation

/// Drives and replays a bench's secondary, with incidents at chosen batches.
actor ReplayStage {
  enum Incident: Sendable, Equatable {
    case cancel(stay: Bool)
    case pause
    /// The driver dies before the batch is stored.
    case die
    case fail(SinkError)
    /// The batch is stored, but the driver does not learn it.
    case loseAnswer

    init?(_ order: inout ScriptOrder) throws {
      switch order.verb {
      case "cancel": self = .cancel(stay: order.flag("--stay"))
      case "pause": self = .pause
      case "die": self = .die
      case "fail": self = .fail(SinkError(.stop, code: try order.word("a code"), "it failed"))
      case "retry": self = .fail(SinkError(.retry, code: try order.word("a code"), "it failed"))
      case "lose-answer": self = .loseAnswer
      default: return nil
      }
    }
  }

  private let bench: Bench
  private var incidents: [Int: Incident] = [:]
  private var resumesOncePaused = false
  private var cancellation: Task<ReplayRecord, any Error>?

  init(_ bench: Bench) { self.bench = bench }

  func plan(_ incident: Incident, atBatch number: Int) { incidents[number] = incident }
  func resumeOncePaused() { resumesOncePaused = true }

  /// Drives to the head.
  func drive() async throws -> [String] {
    try await withSink { sink in
      await bench.secondary(sink: sink).run(until: .head).word
    }
  }

  /// Executes `request`; with nil, continues the replay under way.
  func execute(_ request: ReplayRequest?) async throws -> [String] {
    let (bench, resumes) = (bench, resumesOncePaused)
    resumesOncePaused = false
    return try await withSink { sink in
      let replay = bench.replay(sink: sink)
      let progress: @Sendable (ReplayProgress) -> Void = {
        if resumes, !$0.isDrivenHere { _ = try? bench.folder.removePause() }
      }
      do throws(ReplayError) {
        let result =
          if let request {
            try await replay.execute(request, progress: progress)
          } else {
            try await replay.resume(progress: progress)
          }
        return "\(result.record.ending); checkpoint \(result.checkpoint.word)"
      } catch {
        return "refused: \(error)"
      }
    }
  }

  // MARK: - The sink

  /// Runs `body` with a sink at which the planned incidents happen, and returns what was delivered
  /// and how it ended.
  private func withSink(
    _ body: (@escaping @Sendable (Int) -> any EventSink) async throws -> String
  ) async throws -> [String] {
    let before = await bench.storage.batches.count
    let planned = incidents
    let sink = makeSink(planned)
    incidents = [:]
    var ending = try await body { [storage = bench.storage] generation in
      OfGeneration(generation, storage, sink)
    }
    if let cancellation { _ = try await cancellation.value }
    cancellation = nil
    if planned.values.contains(.die) {
      try takeBack()
      ending = "the driver died"
    }
    let batches = await bench.storage.batches[before...].map {
      $0.entries.map(\.position.eventId).stretches
    }
    return (batches.isEmpty ? [] : ["delivered \(batches.joined(separator: ", "))"]) + [ending]
  }

  private func makeSink(_ planned: [Int: Incident]) -> any EventSink {
    let last = planned.keys.max() ?? 0
    let steps = (1...max(1, last)).map { number -> ScriptedSink.Step in
      switch planned[number] {
      case nil, .die: .store
      case .fail(let error): .fail(error)
      case .loseAnswer: .storeAndFail(SinkError(.retry, code: "lost", "the answer was lost"))
      case .cancel(let stay): .after { [self] in await cancel(stay: stay) }
      case .pause:
        .after { [bench] in
          try? bench.folder.writePause(
            PauseOrder(by: "op@here", at: .now, reason: nil, until: nil))
        }
      }
    }
    let sink = RenamedSink(
      ScriptedSink(
        steps, storage: bench.storage,
        batching: Batching(limits: BatchLimits(events: 5), timeout: .seconds(1_000_000))))
    guard let death = planned.first(where: { $0.value == .die })?.key else { return sink }
    let path = bench.folder.path
    return CrashingSink(
      sink, at: .before(put: death - 1), limits: BatchLimits(events: 5)
    ) { _ in
      // The next driver finds what is on disk at this point.
      try? FileManager.default.copyItem(atPath: path, toPath: "\(path)-died")
    }
  }

  private func takeBack() throws {
    let path = bench.folder.path
    guard FileManager.default.fileExists(atPath: "\(path)-died") else {
      throw ScriptError("the batch at which the driver is to die never came")
    }
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: "\(path)-died", toPath: path)
  }

  /// Requests the end of the replay under way, and returns once that is requested.
  private func cancel(stay: Bool) async {
    let (replay, folder) = (bench.replay(), bench.folder)
    cancellation = Task { try await replay.cancel(stay: stay) }
    while (try? folder.readCancel()) == nil { await Task.yield() }
  }
}

extension DriveEnd {
  fileprivate var word: String {
    switch self {
    case .reachedHead: "reached the head"
    case .stopped(let error): "stopped: \(error.code)"
    case .diverged: "diverged"
    case .newLog: "new log"
    case .gap(let ids, _): "gap \(ids.lowerBound)..\(ids.upperBound)"
    case .paused: "paused"
    default: sentence
    }
  }
}
