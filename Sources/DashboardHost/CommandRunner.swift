package import Dashboard
package import EventPersistence
package import HydraLog
package import Setup
internal import Synchronization
internal import Wording

/// Carries out the dashboard's commands, each in its own task, and answers each with a message.
///
/// It uses the same calls as the command line.
package struct CommandRunner: Sendable {
  package let setup: Setup
  /// The log, for looks.
  private let looks: PersistenceDirectory
  private let isComplete = Flag()
  package let inbox: Inbox
  package let tail: EventTail
  private let searcher: LogSearcher
  private let counter: LogCounter
  private let orders: StateOrders
  /// The secondaries that this process drives, and those that it replays.
  package let drivenHere = NamesHere()
  package let replaysHere = NamesHere()
  package let verifications = Verifications()

  /// - Parameter looks: the log, for looks; the first search or delivery makes it complete.
  package init(setup: Setup, looks: PersistenceDirectory, inbox: Inbox) {
    self.setup = setup
    self.looks = looks
    self.inbox = inbox
    tail = EventTail(source: looks)
    searcher = LogSearcher(source: looks, inbox: inbox)
    counter = LogCounter(source: looks, inbox: inbox)
    orders = StateOrders(setup: setup, inbox: inbox)
  }

  /// Whether this process ever drove or replayed a secondary, and so read the log.
  package var hasDriven: Bool {
    isComplete.isSet && (drivenHere.wereEver || replaysHere.wereEver)
  }
  /// Whether this process drives or replays a secondary now.
  package var isBusy: Bool { !drivenHere.all.isEmpty || !replaysHere.all.isEmpty }

  /// The log, to deliver out of, and to search. The first call opens each of its archives, of which
  /// there can be a thousand.
  package var source: any EventSource {
    isComplete.set { setup.complete(looks) }
    return looks
  }

  /// Starts `command` and returns at once.
  package func start(_ command: Command, in group: inout DiscardingTaskGroup) {
    switch command {
    case .stopSearch: searcher.stop()
    case .stopCounting: counter.stop()
    case .stopVerifying(let name): verifications.stop(name)
    default: group.addTask { await run(command) }
    }
  }

  private func run(_ command: Command) async {
    switch command {
    case .load(let request): await load(request)
    case .loadEvent(let position): await loadEvent(position)
    case .copyEvent(let position): await copyEvent(position)
    case .loadHistory(let name): await orders.loadHistory(name)
    case .plan(let name, let request): await plan(name, request)
    case .execute(let name, let plan, let request): await execute(name, plan, request)
    case .resumeReplay(let name): await resumeReplay(name)
    case .cancelReplay(let name, let stay): await cancelReplay(name, stay: stay)
    case .pause(let name, let reason, let seconds, let remind):
      await orders.pause(name, reason, seconds, remind: remind)
    case .resume(let name): await orders.resume(name)
    case .retry(let name): await orders.retry(name)
    case .drive(let name): await drive(name)
    case .verify(let name): await verify(name)
    case .search(let search):
      _ = source
      await searcher.run(search)
    case .countTags: await counter.run()
    // The loop and the host carry these out themselves.
    case .quit, .setInterval, .screen, .node, .enterNode, .stopSearch, .stopCounting,
      .stopVerifying:
      break
    }
  }

  // MARK: - The log

  private func load(_ request: LoadRequest) async {
    do throws(SourceError) {
      let isTail = if case .tail = request { true } else { false }
      let loaded = try await EventPages(source: isTail ? looks : source).load(request)
      if isTail { await tail.follow(after: loaded.rows.last?.position) }
      inbox.tell(.loaded(loaded))
    } catch {
      inbox.tell(.loadFailed(request, error.message))
    }
  }

  private func loadEvent(_ position: Position) async {
    do throws(SourceError) {
      guard let event = try await EventPages(source: looks).event(at: position) else {
        inbox.tell(.eventFailed(position, gone(position)))
        return
      }
      inbox.tell(.event(EventDetail(event)))
      let head = try await HydraHead.asOf(position, in: looks)
      inbox.tell(.headAt(position, head?.text))
    } catch {
      inbox.tell(.eventFailed(position, error.message))
    }
  }

  private func copyEvent(_ position: Position) async {
    do throws(SourceError) {
      guard let event = try await EventPages(source: looks).event(at: position) else {
        inbox.tell(.failed(gone(position)))
        return
      }
      inbox.put(.copy(String(decoding: event.json, as: UTF8.self)))
      inbox.tell(.done("event \(position.eventId) is on the clipboard, if this terminal allows it"))
    } catch {
      inbox.tell(.failed(error.message))
    }
  }

  private func gone(_ position: Position) -> String {
    "The log no longer has event \(position): it was rotated away, or its id was reused."
  }
}

/// Whether something was done, once.
private final class Flag: Sendable {
  private let state = Mutex(false)

  var isSet: Bool { state.withLock { $0 } }

  func set(_ body: () -> Void) {
    state.withLock { isSet in
      if !isSet { body() }
      isSet = true
    }
  }
}
