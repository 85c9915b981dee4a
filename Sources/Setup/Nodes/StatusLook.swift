internal import EventPersistence
package import SecondaryStatus
package import Wording

/// Looks at one of the nodes repeatedly, as `status` does.
///
/// At most one look is under way. One that takes too long is reported; a node whose disk hangs so
/// delays no other.
package actor StatusLook {
  /// How long a look may take before `status --watch` and the dashboard say so.
  package static let deadline = Duration.seconds(2)

  private enum Place: Sendable {
    case here(Observer, directory: String)
    case elsewhere(RemoteNode)
  }

  private let title: String?
  private let place: Place
  private var isUnderWay = false
  private var waiting: CheckedContinuation<StatusDocument?, Never>?

  package init(_ member: NodeSet.Member, isSeveral: Bool) throws(Refusal) {
    switch member {
    case .here(let setup):
      setup.tell()
      title = isSeveral ? setup.title : nil
      place = .here(
        try setup.observer(try setup.source()), directory: try setup.persistenceDir)
    case .elsewhere(let name, let command):
      title = name
      place = .elsewhere(RemoteNode(name: name, command: command))
    }
  }

  package init(_ observer: Observer, of directory: String, title: String?) {
    self.title = title
    place = .here(observer, directory: directory)
  }

  /// Runs the command of a node on another machine until the task is cancelled.
  package nonisolated func run() async {
    if case .elsewhere(let node) = place { await node.run() }
  }

  /// - Parameter deadline: how long the look at a node on this machine may take; the document then
  ///   says that it takes longer.
  package func document(within deadline: Duration) async -> StatusDocument {
    var document: StatusDocument
    switch place {
    case .here(let observer, let directory):
      document =
        await look(observer, within: deadline)
        ?? StatusDocument(
          unreachable: directory,
          because: Self.overdue(deadline), at: .now)
    case .elsewhere(let node): document = await node.document()
    }
    document.node = title
    return document
  }

  /// What a look that takes longer than `deadline` is reported with.
  package static func overdue(_ deadline: Duration) -> String {
    "reading it takes longer than \(deadline.components.seconds) s: its disk may hang"
  }

  private func look(_ observer: Observer, within deadline: Duration) async -> StatusDocument? {
    if !isUnderWay {
      isUnderWay = true
      // An unstructured task, because a call that hangs in the kernel cannot be cancelled.
      Task {
        let document = StatusDocument(await observer.look())
        isUnderWay = false
        answer(document)
      }
    }
    let timer = Task {
      try await Task.sleep(for: deadline)
      if !Task.isCancelled { answer(nil) }
    }
    defer { timer.cancel() }
    return await withCheckedContinuation { waiting = $0 }
  }

  private func answer(_ document: StatusDocument?) {
    waiting?.resume(returning: document)
    waiting = nil
  }
}
