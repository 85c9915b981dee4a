import EventArchive
import EventPersistence

/// Writes a segment, in pieces of 1 MiB.
struct SegmentOutput {
  private let file: File
  private var buffer: [UInt8] = []
  private var written = 0

  private static let pieceBytes = 1 << 20

  /// Writes lines to a new file, and synchronizes it; returns their number of bytes.
  @discardableResult
  static func write(
    _ lines: ArraySlice<ArchiveLine>, to path: String
  ) throws(SinkError) -> Int {
    var output = SegmentOutput(file: try File.new(path))
    for line in lines {
      output.buffer.append(contentsOf: line.bytes)
      output.buffer.append(0x0A)
      if output.buffer.count >= pieceBytes { try output.flush() }
    }
    try output.flush()
    try output.file.sync()
    return output.written
  }

  private init(file: File) { self.file = file }

  private mutating func flush() throws(SinkError) {
    let (file, offset) = (file, written)
    let result = buffer.withUnsafeBytes { bytes in
      Result { () throws(SinkError) in try file.write(bytes, at: offset) }
    }
    try result.get()
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }
}
