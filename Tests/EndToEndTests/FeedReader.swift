import Foundation
import Loopback
import Synchronization

/// A consumer that connects again and again, reads everything and answers each ping after it, on
/// its own thread.
final class FeedReader: Sendable {
  private struct State {
    var seqs: Set<Int> = []
    var transactions: Set<Int> = []
    var snapshots: Set<Int> = []
    var faults: [String] = []
    var isInOrder = true
    var isEnded = false
  }

  private let port: Int
  private let path: String
  private let state = Mutex(State())

  init(port: Int, path: String) {
    self.port = port
    self.path = path
    let thread = Thread { [self] in
      while !state.withLock({ $0.isEnded }) {
        stream()
        // If the driver is down, it connects again, as a consumer would.
        usleep(20_000)
      }
    }
    thread.start()
  }

  /// All that ever came.
  var seqs: Set<Int> { state.withLock { $0.seqs } }
  /// Those that had a transaction.
  var transactions: Set<Int> { state.withLock { $0.transactions } }
  /// Those that had a snapshot with its transactions.
  var snapshots: Set<Int> { state.withLock { $0.snapshots } }
  /// The first messages that Oura would drop or that Kupo would end on.
  var faults: [String] { state.withLock { $0.faults } }
  /// Whether each connection had its events in order.
  var isInOrder: Bool { state.withLock { $0.isInOrder } }

  func end() { state.withLock { $0.isEnded = true } }

  // MARK: - One connection

  private func stream() {
    let connected = try? Loopback.connected(to: port) { descriptor in
      // So that the end is noticed.
      var timeout = timeval(tv_sec: 0, tv_usec: 200_000)
      setsockopt(
        descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    guard let descriptor = connected else { return }
    defer { close(descriptor) }
    let request =
      "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    write(Array(request.utf8), to: descriptor)
    var bytes: [UInt8] = []
    var isUpgraded = false
    var last = -1
    while !state.withLock({ $0.isEnded }) {
      var chunk = [UInt8](repeating: 0, count: 64 << 10)
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EAGAIN { continue }
      guard count > 0 else { return }
      bytes += chunk[..<count]
      if !isUpgraded {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
        bytes.removeSubrange(..<end.upperBound)
        isUpgraded = true
      }
      var start = 0
      defer { bytes.removeFirst(start) }
      while let (opcode, payload, end) = Self.frame(bytes, at: start) {
        start = end
        if opcode == 9 {
          write([0x8A, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload, to: descriptor)
        } else if opcode == 1 {
          take(payload, &last)
        } else {
          return
        }
      }
    }
  }

  private func take(_ payload: [UInt8], _ last: inout Int) {
    let object = try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any]
    guard let object, let seq = object["seq"] as? Int else { return }
    let confirmed = (object["snapshot"] as? [String: Any])?["confirmed"] as? [[String: Any]]
    state.withLock {
      if seq < last { $0.isInOrder = false }
      $0.seqs.insert(seq)
      if object["tag"] as? String == "TxValid", object["transaction"] is [String: Any] {
        $0.transactions.insert(seq)
      }
      if object["tag"] as? String == "SnapshotConfirmed", confirmed?.isEmpty == false {
        $0.snapshots.insert(seq)
      }
      if !Self.isTaken(object), $0.faults.count < 3 {
        $0.faults.append(String(decoding: payload.prefix(400), as: UTF8.self))
      }
    }
    last = seq
  }

  /// Whether Oura takes the message, and Kupo does not end on it.
  private static func isTaken(_ message: [String: Any]) -> Bool {
    func isHex(_ value: Any?) -> Bool {
      (value as? String).map { $0.count % 2 == 0 && $0.allSatisfy(\.isHexDigit) } ?? false
    }
    func isTransaction(_ value: Any?) -> Bool { isHex((value as? [String: Any])?["cborHex"]) }
    guard message["headId"].map(isHex) ?? true else { return false }
    switch message["tag"] as? String {
    case "HeadIsOpen": return message["utxo"] is [String: Any]
    case "TxValid": return isTransaction(message["transaction"]) && isHex(message["transactionId"])
    case "SnapshotConfirmed":
      guard let snapshot = message["snapshot"] as? [String: Any], snapshot["number"] is Int,
        let confirmed = snapshot["confirmed"] as? [Any]
      else { return false }
      return confirmed.allSatisfy(isTransaction)
    default: return message["tag"] is String
    }
  }

  /// The whole frame that begins at `start`, and where it ends.
  private static func frame(_ bytes: [UInt8], at start: Int) -> (UInt8, [UInt8], Int)? {
    var head = start + 2
    guard bytes.count >= head else { return nil }
    var length = Int(bytes[start + 1] & 0x7F)
    if length >= 126 {
      head += length == 126 ? 2 : 8
      guard bytes.count >= head else { return nil }
      length = bytes[(start + 2)..<head].reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.count >= head + length else { return nil }
    return (bytes[start] & 0x0F, Array(bytes[head..<head + length]), head + length)
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) {
    _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
  }
}
