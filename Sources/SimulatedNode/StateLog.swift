import Foundation

/// The file `state`: a line an event, for each of which it is opened, appended to and closed, as hydra-node
/// up to 2.0 does. Nothing is ever synchronised.
final class StateLog: SimulatedLog {
  private let directory: String
  private let path: String
  private var writer = PayloadWriter()
  private(set) var lastEventId: UInt64?
  private(set) var eventCount = 0

  init(directory: String) throws(SimulationError) {
    self.directory = directory
    path = "\(directory)/state"
    try readWhatIsThere()
  }

  func append(
    _ count: Int, _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError) {
    for index in 0..<count {
      writer.removeAll()
      make(index, &writer)
      writer.append(byte: 0x0A)
      try appendLine(writer.bytes)
      lastEventId = lastEventId.map { $0 + 1 } ?? 0
      eventCount += 1
      if try didAppend(1) { return }
    }
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

  /// The last id and the number of lines, from the whole file as a node reads it when it starts.
  private func readWhatIsThere() throws(SimulationError) {
    guard let file = fopen(path, "re") else {
      guard errno == ENOENT else { throw failed("read") }
      return
    }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var size = 0
    defer { free(line) }
    var lastNumbered: UInt64?
    while true {
      let length = getline(&line, &size, file)
      guard length > 0, let line else { break }
      eventCount += 1
      // A line that is no event (torn, or bare) has no id to go on from.
      let prefix = "{\"eventId\":"
      guard length > prefix.utf8.count, strncmp(line, prefix, prefix.utf8.count) == 0 else {
        continue
      }
      let id = strtoull(line + prefix.utf8.count, nil, 10)
      lastNumbered = UInt64(id)
    }
    lastEventId = lastNumbered ?? (eventCount > 0 ? UInt64(eventCount) - 1 : nil)
  }

  private func failed(_ verb: String) -> SimulationError {
    SimulationError("\(path) could not be \(verb): \(String(cString: strerror(errno)))")
  }
}
