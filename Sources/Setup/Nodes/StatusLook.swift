internal import EventPersistence
package import SecondaryStatus
package import Wording

/// Looks at one of the nodes repeatedly, as `status` does. A look that takes too long is reported.
package struct StatusLook: Sendable {
  /// How long a look may take before `status --watch` and the dashboard say so.
  package static let deadline = Duration.seconds(2)

  private enum Place: Sendable {
    case here(TimedLook, directory: String)
    case elsewhere(RemoteNode)
  }

  private let title: String?
  private let place: Place

  package init(_ member: NodeSet.Member, isSeveral: Bool) throws(Refusal) {
    switch member {
    case .here(let setup):
      setup.tell()
      title = isSeveral ? setup.title : nil
      place = .here(
        TimedLook(try setup.observer(try setup.source(isForLooks: true))),
        directory: try setup.persistenceDir)
    case .elsewhere(let name, let command):
      title = name
      place = .elsewhere(RemoteNode(name: name, command: command))
    }
  }

  package init(_ observer: Observer, of directory: String, title: String?) {
    self.title = title
    place = .here(TimedLook(observer), directory: directory)
  }

  /// Runs the command of a node on another machine until the task is cancelled.
  package func run() async {
    if case .elsewhere(let node) = place { await node.run() }
  }

  /// - Parameter deadline: how long the look at a node on this machine may take; the document then
  ///   says that it takes longer.
  package func document(within deadline: Duration) async -> StatusDocument {
    var document: StatusDocument
    switch place {
    case .here(let look, let directory):
      document =
        await look.observation(within: deadline).map(StatusDocument.init)
        ?? StatusDocument(
          unreachable: directory,
          because: Self.overdue(deadline), at: .now)
    case .elsewhere(let node): document = await node.document()
    }
    document.node = title
    return document
  }

  /// Waits until a look would find something new, but at most for about `duration`.
  package func waitForNews(for duration: Duration) async {
    switch place {
    case .here(let look, _): await look.waitForNews(for: duration)
    case .elsewhere: try? await Task.sleep(for: duration)
    }
  }

  /// What a look that takes longer than `deadline` is reported with.
  package static func overdue(_ deadline: Duration) -> String {
    "reading it takes longer than \(deadline.components.seconds) s: its disk may hang"
  }
}
