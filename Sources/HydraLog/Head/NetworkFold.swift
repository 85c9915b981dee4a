import EventPersistence

/// A node's connections to the other nodes of its network, from one event after the other.
///
/// A node reports each peer that connects or disconnects after a `NetworkConnected`. It writes that
/// when it starts, from when on no peer counts as connected; but also where it goes on with the
/// peers that it had. Which of the two it was, the next event of a peer shows.
struct NetworkFold: Sendable, Hashable, Codable {
  private(set) var isConnected: Bool?
  private var peers: Set<String> = []
  /// Whether `peers` were all that were connected before the last `NetworkConnected`.
  private var isKnown: Bool
  /// Whether it is not clear if the node began anew with the last `NetworkConnected`.
  private var isDoubtful = false

  /// The most peers that are kept apart; beyond, their number is unknown.
  private static let peersMax = 1000

  /// - Parameter isWholeLog: whether the first event to come is the first that the node wrote.
  init(isWholeLog: Bool) { isKnown = isWholeLog }

  init(isConnected: Bool?, peers: Set<String>, isKnown: Bool, isDoubtful: Bool) {
    self.isConnected = isConnected
    self.peers = peers
    self.isKnown = isKnown
    self.isDoubtful = isDoubtful
  }

  /// How many peers are connected; nil if the events do not tell.
  var peersConnected: Int? {
    isConnected != nil && isKnown && !isDoubtful && peers.count < Self.peersMax ? peers.count : nil
  }

  /// Takes the next event, whose whole JSON is `json`.
  mutating func take(_ tag: String?, _ json: UnsafeRawBufferPointer) {
    switch tag {
    case "NetworkConnected":
      if !isKnown { peers = [] }
      if isConnected != false, !isKnown || !peers.isEmpty { isDoubtful = true }
      isConnected = true
    case "NetworkDisconnected":
      isConnected = false
      peers = []
      isKnown = true
      isDoubtful = false
    case "PeerConnected":
      guard let peer = Self.peer(json) else { return }
      // A peer that is connected does not connect again: the node began anew.
      if isDoubtful, !isKnown || peers.contains(peer) {
        peers = []
        isKnown = true
        isDoubtful = false
      }
      isConnected = true
      if peers.count < Self.peersMax { peers.insert(peer) }
    case "PeerDisconnected":
      guard let peer = Self.peer(json), peers.remove(peer) != nil else { return }
      // It was connected all the time.
      if isKnown { isDoubtful = false }
    default: break
    }
  }

  private static func peer(_ json: UnsafeRawBufferPointer) -> String? {
    var peer: String?
    ChangeFields.read(json) { fields in
      // Releases before 0.21 name it in one text.
      peer =
        fields.text("peer/hostname").map { "\($0):\(fields.number("peer/port") ?? 0)" }
        ?? fields.text("peer")
    }
    return peer
  }
}
