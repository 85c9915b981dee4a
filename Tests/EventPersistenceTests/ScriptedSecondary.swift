import EventPersistence
import EventPersistenceTesting
import Foundation

/// Carries out the orders of a secondary's script. Its sink receives batches of at most five
/// events.
///
/// What its primary does:
///
/// ```
/// append COUNT [--tag TAG] [--shared-each N]     the next events
/// lose COUNT                the last events are gone
/// forget COUNT              the first events are gone
/// renew COUNT [--tag TAG]   the log is gone, and another one begins
/// ```
///
/// What its sink does:
///
/// ```
/// tell                      from now on it reports what it holds, and sets aside what was lost
/// ```
///
/// What operators and the driver do:
///
/// ```
/// drive                     deliver to the head
/// replay [--from X] [--through Y] [--clamp] [--max-rate N] [--reason TEXT] [--execute]
/// replay --resume           continue the one under way
/// pause [--reason TEXT], resume
/// checkpoint ID             move it there by hand, without a replay
/// at batch N: WHAT          when the sink receives the N-th batch of the next drive or replay:
///                           cancel [--stay] | pause | die | fail CODE | retry CODE | lose-answer
/// when paused: resume       once a replay waits because its secondary is paused
/// ```
///
/// What to print afterwards:
///
/// ```
/// status                    checkpoint, replay under way, pause
/// sink                      what it holds, and how many deliveries that took
/// replays                   those that ended
/// ```
final class ScriptedSecondary: Sendable {
  let bench: Bench
  private let stage: ReplayStage

  init(_ bench: Bench = Bench(isPrompt: true)) {
    self.bench = bench
    stage = ReplayStage(bench)
  }

  func carryOut(_ order: inout ScriptOrder) async throws -> [String] {
    switch order.verb {
    case "append", "lose", "forget", "renew":
      try await change(&order)
      return []
    case "tell":
      await bench.storage.tellHoldings()
      return []
    case "at", "when":
      try await plan(&order)
      return []
    case "drive": return try await stage.drive()
    case "replay": return try await replay(&order)
    case "pause":
      try bench.folder.prepare()
      try bench.folder.writePause(
        PauseOrder(by: "op@here", at: .now, reason: try order.value("--reason"), until: nil))
      return []
    case "resume": return try bench.folder.removePause() ? [] : ["it is not paused"]
    case "checkpoint":
      try await setCheckpoint(&order)
      return []
    case "status": return try status()
    case "sink":
      let held = await bench.storage.events.map(\.eventId)
      let former = await bench.storage.former.enumerated().map {
        "generation \($0 + 1) holds \($1.map(\.eventId).stretches)"
      }
      return former + [
        "holds \(held.stretches) after \(await bench.storage.deliveredCount) deliveries"
      ]
    case "replays": return try bench.folder.readReplays(last: 100).map(\.ending)
    default: throw order.unknown()
    }
  }

  // MARK: - The primary

  private func change(_ order: inout ScriptOrder) async throws {
    let count = try order.number(meaning: "a count")
    let events = await bench.source.events
    switch order.verb {
    case "lose": await bench.source.replace(with: Array(events.dropLast(count)))
    case "forget": await bench.source.replace(with: Array(events.dropFirst(count)))
    case "renew":
      let renewals = bench.renew()
      let tag = try order.value("--tag") ?? "TickObserved"
      await bench.source.replace(
        with: SampleEvents.make(count, secondsLater: Int64(renewals) * 1_000_000, tags: [tag]))
    default:
      let first = events.last.map { $0.eventId + 1 } ?? 0
      let sharedIdEach = try order.number("--shared-each").map(UInt64.init)
      let later = Int64(bench.renewals) * 1_000_000
      let new =
        try order.value("--tag").map {
          SampleEvents.make(
            count, first: first, sharedIdEach: sharedIdEach, secondsLater: later, tags: [$0])
        }
        ?? SampleEvents.make(
          count, first: first, sharedIdEach: sharedIdEach, secondsLater: later)
      await bench.source.append(new)
    }
  }

  private func setCheckpoint(_ order: inout ScriptOrder) async throws {
    let id = try order.ids().lowerBound
    guard let event = await bench.source.events.last(where: { $0.eventId == id }) else {
      throw order.error("there is no event \(id)")
    }
    guard let lock = try bench.folder.lock() else { throw order.error("the lock is held") }
    defer { lock.release() }
    let highest = try bench.folder.readCheckpoint()?.highest
    try bench.folder.write(
      Checkpoint(position: event.position, at: nil, highest: max(highest ?? 0, id)), holding: lock)
  }

  // MARK: - The driver

  private func plan(_ order: inout ScriptOrder) async throws {
    if order.verb == "when" {
      guard try order.word("paused:") == "paused:", try order.word("resume") == "resume" else {
        throw order.error("\"when\" is written so: when paused: resume")
      }
      return await stage.resumeOncePaused()
    }
    let number = order.numberOfBatch()
    guard let number else { throw order.error("\"at\" is written so: at batch 2: cancel") }
    var what = order.nested()
    guard let incident = try ReplayStage.Incident(&what) else { throw what.unknown() }
    await stage.plan(incident, atBatch: number)
  }

  private func replay(_ order: inout ScriptOrder) async throws -> [String] {
    if order.flag("--resume") { return try await stage.execute(nil) }
    let isExecuted = order.flag("--execute")
    let request = ReplayRequest(
      from: try target(&order, "--from"), through: try target(&order, "--through"),
      clamp: order.flag("--clamp"), maxRate: try order.number("--max-rate").map(Double.init),
      reason: try order.value("--reason"))
    if isExecuted { return try await stage.execute(request) }
    do throws(ReplayError) {
      return try await bench.replay().plan(request).lines
    } catch {
      return ["\(error)"]
    }
  }

  private func target(_ order: inout ScriptOrder, _ name: String) throws -> ReplayRequest.Target? {
    guard let text = try order.value(name) else { return nil }
    guard let target = ReplayRequest.Target(text) else {
      throw order.error("\"\(text)\" is neither checkpoint, start, an id nor a time")
    }
    return target
  }

  private func status() throws -> [String] {
    let checkpoint = try bench.folder.readCheckpoint()
    var lines = [
      "checkpoint \(checkpoint.word), highest \(checkpoint?.highest.map(String.init) ?? "none")"
    ]
    if let replay = try bench.folder.readReplay() {
      lines.append("\(replay.kind) \(replay.state), \(replay.delivered) delivered")
    }
    if let pause = try bench.folder.readPause() {
      lines.append("paused by \(pause.by)" + (pause.reason.map { ": \($0)" } ?? ""))
    }
    return lines
  }
}

extension ScriptOrder {
  /// N of `batch N:`.
  fileprivate mutating func numberOfBatch() -> Int? {
    guard wordIfAny() == "batch", let number = wordIfAny(), number.hasSuffix(":") else {
      return nil
    }
    return Int(number.dropLast())
  }
}

extension ReplayPlan {
  fileprivate var lines: [String] {
    if let refused {
      // The id of a replay and the time of its request differ from run to run.
      let sentence = refused.replacing(/\b[0-9a-f]{8,16}\b/, with: "ID")
        .replacing(/\bat 2027-[0-9T:.-]*Z/, with: "at TIME")
      return ["\(kind) refused: \(sentence)"]
    }
    guard let from, let through else { return ["\(kind) of nothing"] }
    return [
      "\(kind) \(from.eventId)..\(through.eventId): \(events) events, "
        + "\(alreadyStored.map { "\($0)" } ?? "an unknown number") already stored"
    ] + notes.map { "note: \($0)" }
  }
}

extension ReplayRecord {
  /// How it ended, in a line.
  var ending: String {
    var text = "\(kind) \(state), \(delivered) delivered, by \(requestedBy)"
    if let reason { text += ": \(reason)" }
    if let cancelledBy { text += ", cancelled by \(cancelledBy)" }
    if let error { text += ", \(error)" }
    return text
  }
}

extension Checkpoint? {
  var word: String { self?.eventId.map(String.init) ?? "none" }
}
