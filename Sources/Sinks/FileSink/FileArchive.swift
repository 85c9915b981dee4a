internal import Compression
package import EventArchive
package import EventPersistence
internal import Foundation
internal import SystemPackage

/// The folder of a file sink as an archive to read, also while a driver stores there.
// An actor only for its executor: reading files blocks.
package actor FileArchive: ArchiveStorage {
  package nonisolated let path: String
  /// The folder of the sink, in which all generations lie.
  private nonisolated let folder: String

  private nonisolated let executor = BlockingExecutor(label: "file.archive")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameters:
  ///   - path: the folder of the sink.
  ///   - generation: the one to read.
  package init(path: String, generation: Int = 1) {
    var options = FileSink.Options(path: path)
    options.generation = generation
    folder = path
    self.path = options.root
  }

  /// The generations that the folder of a sink holds: none if it does not exist.
  static func generations(in path: String) throws(SinkError) -> [Int] {
    guard try Folder.exists(path) else { return [] }
    // A folder of that name without a manifest is somebody's.
    var others: [Int] = []
    for name in try Folder.names(in: path) {
      guard let number = ArchiveGeneration.number(name) else { continue }
      if try Folder.exists(Manifest.file("\(path)/\(name)")) { others.append(number) }
    }
    others.sort()
    let hasManifest = try Folder.exists(Manifest.file(path))
    let hasFirst = hasManifest || others.isEmpty
    return (hasFirst ? [1] : []) + others
  }

  package func generations() throws(SourceError) -> [Int] {
    try Self.reading { () throws(SinkError) in try Self.generations(in: folder) }
  }

  package nonisolated var place: String { path }

  private nonisolated var events: String { "\(path)/events" }

  package func manifest() throws(SourceError) -> ArchiveManifest {
    let (isThere, manifest, hasEvents) = try Self.reading { () throws(SinkError) in
      (try Folder.exists(path), try Manifest.read(path), try Folder.exists(events))
    }
    guard isThere else {
      throw SourceError(.missing, "\(path), where an archive is expected, does not exist.")
    }
    guard let manifest else {
      guard hasEvents else {
        throw SourceError(
          .missing, "\(path) holds no archive: it has no \(Manifest.fileName).")
      }
      throw SourceError(
        .damaged(next: nil),
        "\(events) exists but \(path)/\(Manifest.fileName) does not, so its content is unknown. "
          + "Restore that file.")
    }
    return try Self.reading { () throws(SinkError) in
      manifest.forReaders(
        retired: try Retired.read(path), origin: try Origin.read(path) ?? Origin())
    }
  }

  package func objects() throws(SourceError) -> [ArchiveObject] {
    let segments = try Self.reading { () throws(SinkError) in try StoredSegments(path).list.entries
    }
    return segments.map { segment in
      ArchiveObject(
        key: segment.fileName, firstId: segment.name.firstId, lastId: nil,
        ordinal: segment.name.ordinal, byteCount: UInt64(segment.byteCount),
        isOpen: segment.name == segments.last?.name)
    }
  }

  package func read(_ object: ArchiveObject) throws(SourceError) -> ArchiveContents {
    do throws(SinkError) {
      return try contents(of: object)
    } catch {
      guard error.code != "ENOENT" else { return .gone }
      throw SourceError(.unreadable, error.message)
    }
  }

  private func contents(of object: ArchiveObject) throws(SinkError) -> ArchiveContents {
    let file = try File("\(events)/\(object.key)")
    guard object.key.hasSuffix(SegmentName.packedSuffix) else { return .lines(try file.contents()) }
    let packed = try file.contents(try file.byteCount())
    do throws(CompressionError) {
      let (buffer, file, damage) = try EventBuffer.unpacking(packed, limit: Segment.bytesMax)
      if let damage { throw damage }
      // Of the last one, a frame may be written just now.
      let isWhole = !packed.isEmpty && file?.byteCount ?? packed.count == packed.count
      guard isWhole || object.isOpen else { throw CompressionError.cutOff }
      return .lines(buffer)
    } catch {
      return .damaged("cannot be unpacked: \(error)")
    }
  }

  package func setAsideCount() throws(SourceError) -> Int? {
    let aside = "\(path)/superseded"
    return try Self.reading { () throws(SinkError) in
      try Folder.exists(aside) ? try Folder.names(in: aside).count : 0
    }
  }

  /// Two `stat` calls and a listing.
  package func changeToken() -> ChangeToken {
    var words: [UInt64] = []
    let last = (try? Folder.names(in: events))?.filter { SegmentName($0) != nil }.max()
    for file in [events, last.map { "\(events)/\($0)" }].compactMap(\.self) {
      guard let status = try? Stat(file) else { continue }
      words += [
        UInt64(status.inode.rawValue), UInt64(bitPattern: status.size),
        UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
        UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
      ]
    }
    return ChangeToken(words)
  }

  private static func reading<R>(
    _ body: () throws(SinkError) -> R
  ) throws(SourceError) -> R {
    do throws(SinkError) {
      return try body()
    } catch {
      throw SourceError(readingArchive: error)
    }
  }
}

extension Manifest {
  func forReaders(retired: Retired?, origin: Origin) -> ArchiveManifest {
    let all = Selection.all.description
    let selections = select ?? [all]
    var manifest = ArchiveManifest(
      schema: schema, part: selections == [all] ? nil : selections.joined(separator: "; "),
      derivedFrom: origin.derivedFrom, retiredThrough: retired?.through.eventId)
    manifest.bareThrough = origin.bareThrough
    return manifest
  }
}
