public import EventArchive
internal import Compression
public import EventPersistence
internal import Foundation

/// The folder of a file sink, as an archive to be read, whether a driver is at work in it or not.
public struct FileArchive: ArchiveStorage {
  public let path: String

  /// A packed segment that claims to unpack to more than this is not believed: no event is as large.
  static let segmentBytesMax = 1 << 30

  public init(path: String) {
    self.path = path
  }

  public var place: String { path }

  private var events: String { "\(path)/events" }

  public func manifest() async throws(SourceError) -> ArchiveManifest {
    guard Folder.exists(path) else {
      throw SourceError(.missing, "\(path), where an archive is expected, is not there.")
    }
    let manifest: Manifest?
    do throws(SinkError) {
      manifest = try Manifest.read(path)
    } catch {
      throw SourceError(error.code.hasPrefix("schema") ? .unsupported : .unreadable, error.message)
    }
    guard let manifest else {
      guard Folder.exists(events) else {
        throw SourceError(
          .missing, "\(path) holds no archive: there is no \(Manifest.name) in it.")
      }
      throw SourceError(
        .unreadable,
        "\(events) is there and \(path)/\(Manifest.name) is not: what it holds is not known. Put "
          + "that file back.")
    }
    do throws(SinkError) {
      return manifest.forReaders(
        retired: try Retired.read(path), origin: try Origin.read(path))
    } catch {
      throw SourceError(.unreadable, error.message)
    }
  }

  public func objects() async throws(SourceError) -> [ArchiveObject] {
    var objects: [ArchiveObject] = []
    let segments: [(name: SegmentName, file: String)]
    do throws(SinkError) {
      segments = try Archive.segments(in: path)
    } catch {
      throw SourceError(.unreadable, error.message)
    }
    for (name, file) in segments {
      var status = stat()
      guard stat(file, &status) == 0 else { continue }
      objects.append(
        ArchiveObject(
          key: file.name, firstId: name.firstId, lastId: nil, ordinal: name.ordinal,
          byteCount: UInt64(status.st_size)))
    }
    objects.sort()
    if let last = objects.indices.last, objects[last].key.hasSuffix(".jsonl") {
      objects[last].isOpen = true
    }
    return objects
  }

  public func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    do throws(SinkError) {
      return try contents(of: object)
    } catch {
      guard error.code != "ENOENT" else { return .gone }
      throw SourceError(.unreadable, error.message)
    }
  }

  private func contents(of object: ArchiveObject) throws(SinkError) -> ArchiveContents {
    let file = try File("\(events)/\(object.key)", O_RDONLY)
    let size = Int(try file.status().st_size)
    guard let packing = Compression.allCases.last(where: { object.key.hasSuffix($0.suffix) }),
      packing != .none
    else {
      let buffer = EventBuffer(capacity: size)
      buffer.fill(try file.read(into: buffer.free, at: 0))
      return .lines(buffer)
    }
    var packed = [UInt8](repeating: 0, count: size)
    let result = packed.withUnsafeMutableBytes { bytes in
      Result { () throws(SinkError) in try file.read(into: bytes, at: 0) }
    }
    packed.removeLast(size - (try result.get()))
    do throws(CompressionError) {
      let lines = try packing.unpack(packed, limit: Self.segmentBytesMax)
      let buffer = EventBuffer(capacity: lines.count)
      lines.withUnsafeBytes { buffer.append($0) }
      return .lines(buffer)
    } catch {
      return .damaged("cannot be unpacked: \(error)")
    }
  }

  public func setAsideCount() async throws(SourceError) -> Int? {
    let aside = "\(path)/superseded"
    guard Folder.exists(aside) else { return 0 }
    do throws(SinkError) {
      return try Folder.names(in: aside).count
    } catch {
      throw SourceError(.unreadable, error.message)
    }
  }

  /// Two `stat` calls and a listing.
  public func changeToken() async -> ChangeToken {
    var words: [UInt64] = []
    let last = (try? Folder.names(in: events))?.filter { SegmentName($0) != nil }.max()
    for file in [events, last.map { "\(events)/\($0)" }] {
      var status = stat()
      guard let file, stat(file, &status) == 0 else { continue }
      words += [
        UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_size)),
        UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
        UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
      ]
    }
    return ChangeToken(words)
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
