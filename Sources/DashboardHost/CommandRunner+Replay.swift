internal import Dashboard
package import EventPersistence
internal import Setup
internal import Synchronization
internal import Wording

extension CommandRunner {
  package func plan(_ name: String, _ request: ReplayRequest) async {
    do {
      inbox.tell(
        .planned(
          name: name, request, try await setup.replay(of: name, source: source).plan(request)))
    } catch {
      inbox.tell(.planFailed(name: name, request, "\(error)"))
    }
  }

  package func execute(_ name: String, _ plan: ReplayPlan, _ request: ReplayRequest) async {
    await follow(name) { replay, progress throws(ReplayError) in
      try await replay.execute(request, expecting: plan.id, progress: progress)
    }
  }

  package func resumeReplay(_ name: String) async {
    await follow(name) { replay, progress throws(ReplayError) in
      try await replay.resume(progress: progress)
    }
  }

  private typealias Progress = @Sendable (ReplayProgress) -> Void

  private func follow(
    _ name: String,
    _ body: (Replay, @escaping Progress) async throws(ReplayError) -> ReplayResult
  ) async {
    defer { replaysHere.leave(name) }
    do {
      let result = try await body(setup.replay(of: name, source: source)) {
        [inbox, replaysHere] progress in
        guard progress.isHandover else { return }
        if progress.isDrivenHere {
          _ = replaysHere.enter(name)
        } else {
          replaysHere.leave(name)
        }
        inbox.tell(
          .replayStarted(name: name, id: progress.record.id, here: progress.isDrivenHere))
      }
      inbox.tell(.replayEnded(name: name, result.record))
    } catch let error as ReplayError {
      switch error {
      case .changed(let plan): inbox.tell(.replanned(name: name, plan))
      default: inbox.tell(.replayRefused(name: name, "\(error)"))
      }
    } catch {
      inbox.tell(.replayRefused(name: name, "\(error)"))
    }
  }

  package func cancelReplay(_ name: String, stay: Bool) async {
    do {
      let record = try await setup.replay(of: name, source: source).cancel(stay: stay)
      inbox.tell(.done("\(name): the replay ended: \(record.state.rawValue)"))
    } catch {
      inbox.tell(.failed("\(name): \(error)"))
    }
  }

  /// Cancels the replays of `names`, which puts the checkpoint of a rewind back; returns when it is done.
  package func cancelReplays(of names: [String]) async {
    for name in names {
      do {
        _ = try await setup.replay(of: name, source: source).cancel()
      } catch {
        StandardError.say("\(name): \(error)")
      }
    }
  }

  /// Drives until this process ends, or until the secondary stops. A drive of all secondaries at
  /// the start is not confirmed, but its failures are reported.
  package func drive(_ name: String, isAnswered: Bool = true) async {
    do {
      let secondary = try setup.secondary(named: name)
      guard let configuration = try setup.driven(secondary, source: source) else {
        throw setup.onlyWatched(name)
      }
      guard drivenHere.enter(name) else {
        inbox.tell(.failed("This process already drives \(name)."))
        return
      }
      defer { drivenHere.leave(name) }
      if isAnswered {
        inbox.tell(.done("\(name): this dashboard drives it for as long as it runs"))
      }
      let end = await Secondary(
        configuration, source: source, folder: setup.state.folder(name),
        options: setup.driveOptions()
      ).run(until: .cancelled)
      if end != .cancelled { inbox.tell(.failed("\(name): \(end.sentence)")) }
    } catch {
      inbox.tell(.failed("\(name): \(error)"))
    }
  }
}

/// The names of the secondaries that this process is working on.
package final class NamesHere: Sendable {
  private let names = Mutex<Set<String>>([])
  private let entered = Atomic<Bool>(false)

  /// Whether there ever was one.
  package var wereEver: Bool { entered.load(ordering: .relaxed) }

  /// False if it is already one of them.
  package func enter(_ name: String) -> Bool {
    entered.store(true, ordering: .relaxed)
    return names.withLock { $0.insert(name).inserted }
  }

  package func leave(_ name: String) { names.withLock { _ = $0.remove(name) } }
  package var all: [String] { names.withLock { $0.sorted() } }
}
