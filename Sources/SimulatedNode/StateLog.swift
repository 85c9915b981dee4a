import EventPersistence
import Foundation

/// The file `state`: a line for each event. It is opened, appended to and closed for each, without
/// fsync, as by hydra-node up to 2.0.
final class StateLog: SimulatedLog {
  private let directory: String
  let path: String
  private var writer = PayloadWriter()
  private(set) var lastEventId: UInt64?
  private(set) var eventCount = 0

  init(directory: String) throws(SimulationError) {
    self.directory = directory
    path = "\(directory)/state"
    try readWhatIsThere()
  }

  func append(
    _ ids: [UInt64], _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError) {
    for index in ids.indices {
      writer.removeAll()
      make(index, &writer)
      writer.append(byte: 0x0A)
      try appendLine(writer.bytes)
      lastEventId = ids[index]
      eventCount += 1
      if try didAppend(1) { return }
    }
  }

  /// Leaves what a crash or a full disk leaves: the beginning of a line, or zeros in its place. The
  /// next event is appended to it, since a node does not look at the end.
  func tear(_ line: UnsafeRawBufferPointer, isZeros: Bool) throws(SimulationError) {
    guard isZeros else { return try appendLine(line) }
    let zeros = [UInt8](repeating: 0, count: line.count)
    let result = zeros.withUnsafeBytes { bytes in
      Result { () throws(SimulationError) in try appendLine(bytes) }
    }
    try result.get()
  }

  func loseTail(_ count: Int) throws(SimulationError) {
    let count = min(count, eventCount - 1)
    guard count > 0, let file = fopen(path, "r+e") else { return }
    defer { fclose(file) }
    // The ends of the last lines; the log is cut at the oldest.
    var ends: [Int] = []
    var end = 0
    try readLines(file) { line in
      end += line.count
      ends.append(end)
      if ends.count > count + 1 { ends.removeFirst() }
    }
    guard ftruncate(fileno(file), off_t(ends[0])) == 0 else { throw failed("cut") }
    eventCount = 0
    lastEventId = nil
    try readWhatIsThere()
  }

  /// Every line of the file, with its line feed if it has one.
  func readLines(_ body: (UnsafeRawBufferPointer) throws -> Void) throws(SimulationError) {
    guard let file = fopen(path, "re") else {
      guard errno == ENOENT else { throw failed("read") }
      return
    }
    defer { fclose(file) }
    try readLines(file, body)
  }

  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError) {
    if keepsArchive, let lastEventId {
      let archive = "\(path)-\(lastEventId)"
      guard rename(path, archive) == 0 else { throw failed("renamed to \(archive)") }
    } else {
      guard unlink(path) == 0 else { throw failed("removed") }
    }
    writer.removeAll()
    writer.append(checkpoint)
    writer.append(byte: 0x0A)
    try appendLine(writer.bytes)
    eventCount = 1
  }

  func close() {}

  private func appendLine(_ line: UnsafeRawBufferPointer) throws(SimulationError) {
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failed("opened") }
    defer { _ = Foundation.close(file) }
    guard write(file, line.baseAddress, line.count) == line.count else { throw failed("written") }
  }

  private func readLines(
    _ file: UnsafeMutablePointer<FILE>, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws(SimulationError) {
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    defer { free(line) }
    while true {
      let length = getline(&line, &size, file)
      guard length > 0, let line else { return }
      do {
        try body(UnsafeRawBufferPointer(start: line, count: length))
      } catch {
        throw SimulationError("\(path) could not be read: \(error)")
      }
    }
  }

  /// The last id and the number of lines, from the whole file as a node reads it when it starts.
  private func readWhatIsThere() throws(SimulationError) {
    var lastNumbered: UInt64?
    try readLines { line in
      eventCount += 1
      // A line that is not an event (torn, or bare) has no id to continue from.
      if line.starts(with: "{\"eventId\":".utf8), let position = Position(json: line) {
        lastNumbered = position.eventId
      }
    }
    lastEventId = lastNumbered ?? (eventCount > 0 ? UInt64(eventCount) - 1 : nil)
  }

  private func failed(_ verb: String) -> SimulationError {
    SimulationError("\(path) could not be \(verb): \(String(cString: strerror(errno)))")
  }
}
