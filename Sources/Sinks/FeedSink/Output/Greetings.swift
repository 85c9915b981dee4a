internal import EventPersistence
internal import Foundation

/// The message that tells a consumer that the history is over. It has no `seq`.
///
/// It has only those members of a node's own that follow from the log: no event has the node's
/// identity (`me`), its version and its environment (`env`, `networkInfo`). It omits the UTxO, as a
/// node does for a client with `snapshot-utxo=no`. It names the generation, which no node does: a
/// `seq` of one generation is another event in the next.
enum Greetings {
  private struct Message: Encodable {
    var tag = "Greetings"
    var generation: Int
    var headStatus: String?
    var hydraHeadId: String?
    var timestamp: String
  }

  static func text(_ head: HydraHead?, _ generation: Int, at time: EventTime) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let message = Message(
      generation: generation, headStatus: head?.state?.headStatus,
      hydraHeadId: head?.state?.headStatus == "Idle" ? nil : head?.id,
      timestamp: time.description)
    // Only text: it can always be encoded as JSON.
    return String(decoding: try! encoder.encode(message), as: UTF8.self)
  }
}

extension HydraHead.State {
  /// The node API's word: one of those that its clients know. A node has no head, and is idle, once
  /// the last one was fanned out. Only nodes up to 1.3 initialize one.
  fileprivate var headStatus: String {
    switch self {
    case .idle, .aborted, .final: "Idle"
    case .initializing: "Initializing"
    case .open: "Open"
    case .closed, .contested: "Closed"
    case .fanoutPossible: "FanoutPossible"
    case .fanningOut: "FanningOut"
    }
  }
}
