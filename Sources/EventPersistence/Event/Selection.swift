/// Which events a secondary stores. An event that is not selected still moves its checkpoint.
public enum Selection: Sendable, Hashable {
  case all
  /// The events whose `stateChanged.tag` is one of these.
  case tags(Set<String>)

  /// `select: transactions`: the transactions that a head applied.
  public static let transactions = Selection.tags(["TransactionAppliedToLocalUTxO"])

  public func selects(_ position: Position) -> Bool {
    switch self {
    case .all: true
    case .tags(let tags): position.tag.map(tags.contains) ?? false
    }
  }
}

extension Selection: CustomStringConvertible {
  /// `events`, or the tags in alphabetical order.
  public var description: String {
    switch self {
    case .all: "events"
    case .tags(let tags): "tags " + tags.sorted().joined(separator: ", ")
    }
  }
}
