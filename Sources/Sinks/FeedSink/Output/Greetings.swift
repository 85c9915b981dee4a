internal import EventPersistence
internal import Foundation

/// The message that tells a consumer that the history is over. It bears no `seq`.
///
/// It has the members of a node's own that a log tells, and no other: who the node is (`me`), its version and
/// its surroundings (`env`, `networkInfo`) stand in no event, and the UTxO is left out, as a node does for
/// whoever asks with `snapshot-utxo=no`.
enum Greetings {
  private struct Message: Encodable {
    var tag = "Greetings"
    var headStatus: String?
    var hydraHeadId: String?
    var timestamp: String
  }

  static func text(_ head: HydraHead?, at time: EventTime) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let message = Message(
      headStatus: head?.state?.headStatus, hydraHeadId: head?.id, timestamp: time.description)
    // Text and nothing else: it has a form in JSON.
    return String(decoding: try! encoder.encode(message), as: UTF8.self)
  }
}

extension HydraHead.State {
  /// The word of the node's API, which has six, and none that its clients do not know.
  fileprivate var headStatus: String {
    switch self {
    case .idle, .aborted: "Idle"
    case .initializing: "Initializing"
    case .open: "Open"
    case .closed, .contested: "Closed"
    case .fanoutPossible, .fanningOut: "FanoutPossible"
    case .final: "Final"
    }
  }
}
