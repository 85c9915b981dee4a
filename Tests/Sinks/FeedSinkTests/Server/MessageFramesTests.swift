import Compression
import EventPersistenceTesting
import NIOCore
import NIOHTTP1
import Testing

@testable import FeedSink

@Suite("A message as frames") struct MessageFramesTests {
  /// The payload of a compressed message.
  static func packed(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    let deflater = MessageDeflater(windowBits: 15, keepsContext: false)
    bytes.withUnsafeBytes { deflater.deflate([$0], into: &output) }
    return output
  }

  /// Bytes that compress badly.
  private static func noise(_ count: Int) -> [UInt8] {
    var random = SeededRandom(7)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private struct Frame: Equatable {
    var first: UInt8
    var payload: [UInt8]
  }

  private static func frames(_ buffer: inout ByteBuffer) -> [Frame] {
    var frames: [Frame] = []
    while let first = buffer.readInteger(as: UInt8.self) {
      var length = Int(buffer.readInteger(as: UInt8.self)!)
      if length == 126 { length = Int(buffer.readInteger(as: UInt16.self)!) }
      if length == 127 { length = Int(buffer.readInteger(as: UInt64.self)!) }
      frames.append(Frame(first: first, payload: buffer.readBytes(length: length)!))
    }
    return frames
  }

  private static func frames(
    of pieces: [[UInt8]], _ frames: inout MessageFrames
  ) -> [Frame] {
    var buffer = ByteBuffer()
    let bytes = pieces.joined() + []
    bytes.withUnsafeBytes { all in
      var start = 0
      let pieces = pieces.map { piece in
        defer { start += piece.count }
        return UnsafeRawBufferPointer(rebasing: all[start..<start + piece.count])
      }
      frames.write(pieces, into: &buffer)
    }
    return Self.frames(&buffer)
  }

  private static let most = 1000

  @Test(
    "a frame has 1 MiB at most, wherever the pieces end",
    arguments: [
      ([0], [0]), ([10, 0, 20], [30]), ([most], [most]), ([most, 1], [most, 1]),
      ([1, most], [most, 1]), ([3 * most + 5], [most, most, most, 5]),
      ([most - 1, most + 1, 7], [most, most, 7]),
    ])
  func fragments(pieces: [Int], expected: [Int]) {
    let bytes = pieces.enumerated().map { index, count in
      (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
    }
    var writer = MessageFrames(fragmentBytesMax: Self.most)
    let frames = Self.frames(of: bytes, &writer)
    #expect(frames.map(\.payload.count) == expected)
    #expect(frames.flatMap(\.payload) == bytes.flatMap { $0 })
    let firsts: [UInt8] =
      expected.count == 1
      ? [0x81] : [0x01] + [UInt8](repeating: 0, count: expected.count - 2) + [0x80]
    #expect(frames.map(\.first) == firsts)
    #expect(writer.takeLargest() == pieces.reduce(0, +))
    #expect(writer.takeLargest() == 0)
  }

  @Test("compressed, only the first frame has the bit; without a context each stands alone")
  func packed() throws {
    let noise = Self.noise(3 * Self.most)
    let texts = [Array("hello".utf8), [], noise, Array("hello".utf8)]
    var writer = MessageFrames(
      DeflateAgreement(
        ExtensionOffer(
          name: "permessage-deflate", parameters: [.init(name: "server_no_context_takeover")])),
      fragmentBytesMax: Self.most)
    for text in texts {
      let frames = Self.frames(of: [text], &writer)
      #expect(frames.first?.first == (frames.count == 1 ? 0xC1 : 0x41))
      #expect(frames.dropFirst().allSatisfy { $0.first & 0x70 == 0 })
      #expect(frames.allSatisfy { $0.payload.count <= Self.most && !$0.payload.isEmpty })
      let inflated = try MessageInflater.inflate(frames.flatMap(\.payload), limit: text.count)
      #expect(inflated == text)
    }
  }

  @Test("with a context, a message that came before costs a few bytes")
  func context() {
    let text = Self.noise(2000)
    var writer = MessageFrames(DeflateAgreement(ExtensionOffer(name: "permessage-deflate")))
    let first = Self.frames(of: [text], &writer)[0].payload.count
    let second = Self.frames(of: [text], &writer)[0].payload.count
    #expect(first > 1000 && second < 100)
  }
}

@Suite("What is agreed on about compression") struct DeflateAgreementTests {
  private func header(_ offers: String...) -> String? {
    DeflateAgreement.first(
      in: .init(offers.map { ("Sec-WebSocket-Extensions", $0) }))?.header
  }

  @Test(
    "an offer is accepted with its parameters",
    arguments: [
      ("permessage-deflate", ""),
      ("permessage-deflate; client_max_window_bits", ""),
      ("permessage-deflate; client_max_window_bits=8", ""),
      ("permessage-deflate;client_no_context_takeover", ""),
      ("permessage-deflate; server_max_window_bits=\"12\"", "; server_max_window_bits=12"),
      ("permessage-deflate; server_max_window_bits=15", "; server_max_window_bits=15"),
      ("x-webkit-deflate-frame, permessage-deflate", ""),
      // The first that can be accepted.
      (
        "permessage-deflate; server_max_window_bits=8 , permessage-deflate; "
          + "server_max_window_bits=9", "; server_max_window_bits=9"
      ),
    ])
  func accepted(offer: String, parameters: String) {
    #expect(
      header(offer) == "permessage-deflate; client_no_context_takeover\(parameters)")
  }

  @Test("without a context of the server, the answer says so")
  func withoutContext() {
    #expect(
      header("bbf-usp-protocol", "permessage-deflate; server_no_context_takeover")
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
  }

  @Test(
    "an offer with an unknown, repeated or invalid parameter is declined, and one out of grammar",
    arguments: [
      "", "x", "permessage-deflate; x", "permessage-deflate; server_max_window_bits",
      "permessage-deflate; server_max_window_bits=16",
      "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=09",
      "permessage-deflate; server_max_window_bits=",
      // zlib has no window of 256 bytes.
      "permessage-deflate; server_max_window_bits=8",
      "permessage-deflate; client_max_window_bits=0",
      "permessage-deflate; server_no_context_takeover=1",
      "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
      "permessage-deflate;", "permessage-deflate,", "permessage-deflate; a=\"b",
      "permessage deflate",
      "permessage-deflate\u{e9}",
    ])
  func declined(offer: String) { #expect(header(offer) == nil) }
}
