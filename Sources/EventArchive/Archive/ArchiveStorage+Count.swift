package import EventPersistence

extension ArchiveStorage {
  /// How many of the events of `ids` are in the archive; nil if it holds only a part of the events
  /// by its selection, or if more than `bytesMax` would have to be read.
  ///
  /// Only objects whose name does not say where they end are read. An archive that was never begun
  /// has none.
  package func count(
    _ ids: ClosedRange<UInt64>, readingAtMost bytesMax: UInt64 = 32 << 20
  ) async throws(SourceError) -> UInt64? {
    do throws(SourceError) {
      if try await manifest().isPart { return nil }
    } catch  where error.kind == .missing {
      return 0
    }
    let listing = try await listing()
    var count: UInt64 = 0
    var bytesLeft = bytesMax
    for (index, object) in listing.objects.enumerated() {
      if let last = object.lastId {
        let first = max(object.firstId, ids.lowerBound)
        let end = min(last, ids.upperBound)
        if first <= end { count += end - first + 1 }
        continue
      }
      let span = listing.span(at: index)
      guard span.overlaps(ids) else { continue }
      guard let bytes = object.byteCount, bytes <= bytesLeft else { return nil }
      bytesLeft -= bytes
      guard case .lines(let buffer) = try await read(object) else { continue }
      let lines = ArchiveLines(buffer, span: span).lines
      count += UInt64(lines.count { $0.position.map { ids.contains($0.eventId) } ?? false })
    }
    return count
  }
}
