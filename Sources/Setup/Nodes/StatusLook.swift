internal import EventPersistence
package import SecondaryStatus
package import Wording

/// Looks at one of the nodes repeatedly, as `status` does.
package struct StatusLook: Sendable {
  private enum Place: Sendable {
    case here(Observer)
    case elsewhere(RemoteNode)
  }

  private let title: String?
  private let place: Place

  package init(_ member: NodeSet.Member, isSeveral: Bool) throws(Refusal) {
    switch member {
    case .here(let setup):
      setup.tell()
      title = isSeveral ? setup.title : nil
      place = .here(try setup.observer(try setup.source()))
    case .elsewhere(let name, let command):
      title = name
      place = .elsewhere(RemoteNode(name: name, command: command))
    }
  }

  /// Runs the command of a node on another machine until the task is cancelled.
  package func run() async {
    if case .elsewhere(let node) = place { await node.run() }
  }

  package func document() async -> StatusDocument {
    var document =
      switch place {
      case .here(let observer): StatusDocument(await observer.look())
      case .elsewhere(let node): await node.document()
      }
    document.node = title
    return document
  }
}
