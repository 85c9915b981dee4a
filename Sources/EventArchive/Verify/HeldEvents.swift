package import EventPersistence

/// What a secondary holds, for a comparison: damage is a finding, not an error, and so is an object
/// that cannot be read.
package protocol HeldEvents: Sendable {
  /// The next piece, in the order in which it is held; nil at the end.
  func next() async throws(SourceError) -> HeldPiece?
}

package enum HeldPiece: Sendable {
  /// Lines that can be read, from an object (or from a program, without a name).
  case lines(EventBatch, object: String)
  /// A damaged object, with the ids that it should hold, and the reason as a clause that continues
  /// its name. Its good lines come as a separate piece.
  case damaged(object: String, ids: ClosedRange<UInt64>?, reason: String)
  /// An object that cannot be read now, with the ids that it can have, and the reason.
  case unread(object: String, ids: ClosedRange<UInt64>, reason: String)
}

/// The meaning of the lines that a secondary holds.
package enum HeldForm: Sendable {
  /// The events' JSON. `upgraded` makes of it what the primary has after a node re-encoded its log;
  /// nil where that is not possible.
  case events(upgraded: (@Sendable (UnsafeRawBufferPointer) -> [UInt8]?)? = nil)
  /// Lines made from events; nil for an event that makes none.
  case made(@Sendable (UnsafeRawBufferPointer) -> [UInt8]?)
  /// Ids, perhaps with tags and times, and no content.
  case positions
}

/// The objects of an archive, each read once, including damaged ones.
///
/// One that cannot be read is tried again after a second, and after two more. Objects after it are
/// tried once each until one can be read: if the whole storage fails, that is soon known.
///
/// Holds about a hundred bytes per object name; an unpacked object is its caller's.
package actor ArchiveHoldings: HeldEvents {
  private let storage: any ArchiveStorage
  private let from: UInt64
  private var manifest: ArchiveManifest?
  private var listing: ArchiveListing?
  private var index = 0
  private var pending: [HeldPiece] = []
  private let pause: @Sendable (Duration) async throws -> Void
  /// The last object could not be read.
  private var isFailing = false
  /// What batches that grew left: objects shorter than others that begin with the same event.
  package private(set) var shorter: [ArchiveObject] = []

  private static let attemptsMax = 5
  private static let pauses: [Duration] = [.seconds(1), .seconds(2)]

  /// - Parameters:
  ///   - from: objects that end before this id are not read.
  ///   - pause: waits before an object is tried again.
  package init(
    _ storage: any ArchiveStorage, from: UInt64 = 0,
    pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.storage = storage
    self.from = from
    self.pause = pause
  }

  package func next() async throws(SourceError) -> HeldPiece? {
    if listing == nil { try await begin() }
    var attempts = 0
    while pending.isEmpty, let listing, index < listing.objects.count {
      let object = listing.objects[index]
      let contents: ArchiveContents
      do throws(SourceError) {
        contents = try await read(object)
      } catch {
        pending.append(
          .unread(object: object.key, ids: listing.span(at: index), reason: error.message))
        index += 1
        continue
      }
      switch contents {
      case .lines(let buffer): take(buffer, object, listing.span(at: index))
      case .damaged(let reason): pending.append(damaged(object, reason))
      case .gone:
        // A driver packed it, or stored a longer one: read that one instead.
        attempts += 1
        guard attempts < Self.attemptsMax else {
          pending.append(damaged(object, "was listed, but is missing"))
          break
        }
        let again = try await storage.listing()
        self.listing = again
        index =
          again.objects.firstIndex {
            ($0.firstId, $0.ordinal) >= (object.firstId, object.ordinal)
          } ?? again.objects.count
        continue
      }
      index += 1
    }
    return pending.isEmpty ? nil : pending.removeFirst()
  }

  private func read(_ object: ArchiveObject) async throws(SourceError) -> ArchiveContents {
    var pauses = isFailing ? [] : Self.pauses[...]
    while true {
      do throws(SourceError) {
        let contents = try await storage.read(object)
        isFailing = false
        return contents
      } catch {
        isFailing = true
        guard let next = pauses.popFirst(), (try? await pause(next)) != nil else { throw error }
      }
    }
  }

  private func begin() async throws(SourceError) {
    manifest = try await storage.manifest()
    let listing = try await storage.listing()
    self.listing = listing
    shorter = listing.shorter
    index = from == 0 ? 0 : listing.index(of: from)
  }

  private func take(
    _ buffer: EventBuffer, _ object: ArchiveObject, _ span: ClosedRange<UInt64>
  ) {
    let lines = ArchiveLines(buffer, span: span, derivedFrom: manifest?.derivedFrom)
    if !lines.entries.isEmpty {
      pending.append(
        .lines(EventBatch(buffer: buffer, entries: lines.entries[...]), object: object.key))
    }
    if let damage = lines.damage(of: object, isPart: manifest?.isPart ?? false) {
      pending.append(damaged(object, damage))
    }
  }

  private func damaged(_ object: ArchiveObject, _ reason: String) -> HeldPiece {
    let span = listing.map { $0.span(at: index) }
    // If its end is not known, its first id gives its place.
    let ids = span.map { $0.upperBound == .max ? $0.lowerBound...$0.lowerBound : $0 }
    return .damaged(object: object.key, ids: ids, reason: reason)
  }
}
