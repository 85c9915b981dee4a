import EventPersistence
import EventPersistenceTesting
import Testing

@testable import CommandSink

@Suite struct AnswerMutationTests {
  @Test(
    "of any output, the lines are whole, and each is an answer within the bounds or none",
    arguments: SeededRandom.seeds([1]))
  func output(seed: UInt64) {
    let samples = [
      "{\"checkpoint\":null}\n{\"eventId\":0}\n{ \"eventId\" : 1 }\r\n{\"eventId\":2}\n",
      "{\"checkpoint\":7,\"tag\":\"HeadOpened\",\"time\":\"2026-07-15T10:00:00.000001Z\"}\n",
      "{\"eventId\":8,\"tag\":\"Checkpoint\"}\nloading\n\n{\"eventId\":4611686018427387904}\n",
    ]
    var random = SeededRandom(seed)
    for bytes in Mutations(
      of: samples, words: ["{\"eventId\":", "\"tag\":", "\"time\":", "null"], seed: seed)
    {
      var buffer = LineBuffer()
      var lines: [[UInt8]] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...max(8, bytes.count / 4), using: &random))
        rest = rest.dropFirst(piece.count)
        piece.withUnsafeBytes { buffer.append($0) }
        while let line = buffer.next() { lines.append(Array(line)) }
      }
      let expected = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
      #expect(lines == expected.dropLast() && Array(buffer.rest) == expected.last)
      for line in lines {
        switch Answer(line: line[...]) {
        case .stored(let position)?, .checkpoint(let position?, _)?:
          #expect(position.eventId <= Position.idMax)
        case .checkpoint(nil, _)?, nil: break
        }
      }
    }
  }
}
