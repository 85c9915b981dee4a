import EventPersistence
import EventPersistenceTesting
import Foundation
import SecondaryStatus

@testable import CommandSink
@testable import Dashboard
@testable import Setup

/// Whatever a program of the user's writes is answers within the bounds or none: a command in stream
/// mode (`s`), a `verify-command` (`v`), and `status --json --watch` of another machine (`r`).
///
/// The input begins with that letter and a byte that tells the size of the pieces in which the rest
/// arrives.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard count > 2 else { return 0 }
  let output = UnsafeRawBufferPointer(rebasing: input.dropFirst(2))
  let lines = lines(of: output, pieces: max(1, Int(input[1])))
  switch input[0] {
  case UInt8(ascii: "v"): for line in lines { listed(line[...]) }
  case UInt8(ascii: "r"): for line in lines { remote(line) }
  default: stream(lines)
  }
  return 0
}

private func lines(of output: UnsafeRawBufferPointer, pieces: Int) -> [[UInt8]] {
  var buffer = LineBuffer()
  var lines: [[UInt8]] = []
  for start in stride(from: 0, to: output.count, by: pieces) {
    let end = min(start + pieces, output.count)
    buffer.append(UnsafeRawBufferPointer(rebasing: output[start..<end]))
    while let line = buffer.next() { lines.append(Array(line)) }
    precondition(buffer.pendingCount == buffer.rest.count)
  }
  let expected = output.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
  precondition(lines == Array(expected.dropLast()) && Array(buffer.rest) == expected.last)
  return expected
}

// MARK: - A stream

/// With two events of one id, and a window of two events.
private let batch = EventBatch(SampleEvents.make(12, sharedIdEach: 4))

private func stream(_ lines: [[UInt8]]) {
  var exchange = Exchange(batch, window: 250)
  for line in lines {
    // A pipe takes what fits; the line's size stands for it.
    if !exchange.toWrite.isEmpty {
      exchange.wrote(min(exchange.toWrite.count, 1 + line.count * 16))
    }
    switch Answer(line: line[...]) {
    case .stored(let position)?:
      precondition(position.eventId <= Position.idMax)
      let answered = exchange.answered
      switch exchange.answer(position) {
      case .stored(let count):
        precondition(count > 0 && exchange.answered == answered + count)
        precondition(exchange.stored!.agrees(with: position))
      case .known, .neverSent: precondition(exchange.answered == answered)
      }
    case .checkpoint(let position?, _)?: precondition(position.eventId <= Position.idMax)
    case .checkpoint(nil, _)?: exchange.withdraw()
    case nil: break
    }
    precondition(exchange.answered <= exchange.written && exchange.unansweredBytes >= 0)
    precondition(exchange.written <= batch.entries.endIndex)
    precondition(exchange.toWrite.upperBound <= batch.buffer.count)
  }
}

// MARK: - A list

private func listed(_ line: ArraySlice<UInt8>) {
  guard let position = ProgramHoldings.position(line) else { return }
  precondition(position.eventId <= Position.idMax)
  _ = Position(json: Array(line))
}

extension Position {
  fileprivate init?(json: [UInt8]) {
    guard let read = json.withUnsafeBytes({ Position(json: $0) }) else { return nil }
    self = read
  }
}

// MARK: - Another machine

private func remote(_ line: [UInt8]) {
  guard let document = try? JSONDecoder().decode(StatusDocument.self, from: Data(line)) else {
    return
  }
  precondition((0...3).contains(document.exitCode))
  let again = try? JSONDecoder().decode(StatusDocument.self, from: Data(document.json.utf8))
  precondition(again?.json == document.json)
  for (width, height) in [(132, 40), (50, 12)] {
    var fleet = Fleet(
      settings: Settings(persistenceDir: ""),
      nodes: [
        NodeRow(name: "n7", place: .elsewhere(command: "ssh n7")),
        NodeRow(name: "n8", place: .here),
      ],
      width: width, height: height)
    _ = fleet.update(.tick(document.at))
    _ = fleet.update(
      .nodeSeen(
        NodeRow(
          name: "n7", place: .elsewhere(command: "ssh n7"), status: document, at: document.at)))
    _ = fleet.update(.key(.character("s")))
    _ = fleet.view()
  }
}
