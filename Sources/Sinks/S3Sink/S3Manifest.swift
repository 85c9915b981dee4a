import EventPersistence
import Foundation

/// `hydra-sinks.json`, which describes the objects beside it: the version of the format, and the
/// options that decide the limits and the content of batches. It has no times, so that the same
/// archive has the same bytes.
package struct S3Manifest: Codable, Sendable, Hashable {
  /// The schema that this version writes and reads.
  package static let currentSchema = 1

  package enum Layout: String, Codable, Sendable, Hashable {
    /// Objects of JSON lines.
    case batches
    /// One object for each event, as the example sink of hydra-node writes them.
    case perEvent = "per-event"
  }

  package enum Content: String, Codable, Sendable, Hashable {
    /// A line is an event's JSON.
    case events
    /// A line is `{"eventId","time","headId","txId","cborHex"}` of a transaction that was applied.
    case transactions
  }

  package var schema = Self.currentSchema
  package var layout: Layout
  package var select: Content
  /// `none`, `zstd`, `gzip`.
  package var compression: String
  package var intervalSeconds: Int64
  package var maxEvents: Int
  package var maxBytes: Int
  /// The tags that were selected, in alphabetical order; nil: all events.
  package var tags: [String]?
  /// Whether other tags were selected before: then the archive's parts have different selections.
  package var mixedTags: Bool?

  /// The lowest id of an event stored from a CBOR log: its JSON is not what the node stored.
  package var derivedFrom: UInt64?
  /// The highest id of an event whose line in the log had no id and was wrapped with it.
  package var bareThrough: UInt64?

  init(layout: Layout, content: Content, compression: String, rule: BatchRule, tags: [String]?) {
    self.layout = layout
    select = content
    self.compression = compression
    intervalSeconds = rule.intervalSeconds
    maxEvents = rule.maxEvents
    maxBytes = rule.maxBytes
    self.tags = tags
  }

  private struct Version: Decodable {
    var schema: Int
  }

  /// - Parameter name: of the object, for the message.
  init(_ bytes: [UInt8], of name: String) throws(SinkError) {
    do {
      let version = try JSONDecoder().decode(Version.self, from: Data(bytes))
      guard version.schema <= Self.currentSchema else {
        throw SinkError(
          .stop, code: "schema \(version.schema)",
          "\(name) says that its archive has schema \(version.schema), and this version knows "
            + "\(Self.currentSchema): a later hydra-sinks made it. Update this one, or choose "
            + "another prefix.", finding: .unsupported)
      }
      self = try JSONDecoder().decode(S3Manifest.self, from: Data(bytes))
    } catch let error as SinkError {
      throw error
    } catch {
      throw SinkError(
        .stop, code: "nonsense",
        "\(name) is not JSON with a \"schema\" and the options of the archive. It is damaged or "
          + "belongs to another program: restore the right one, or choose another prefix.",
        finding: .damaged)
    }
  }

  var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Numbers and words can always be encoded.
    return [UInt8](try! encoder.encode(self)) + [0x0A]
  }

  /// The options that decide the objects' names and the form of their lines.
  private var fixed: S3Manifest {
    var fixed = self
    fixed.schema = Self.currentSchema
    fixed.tags = nil
    fixed.mixedTags = nil
    fixed.derivedFrom = nil
    fixed.bareThrough = nil
    // With one object for each event there are no limits and no compression.
    if layout == .perEvent {
      (fixed.intervalSeconds, fixed.maxEvents, fixed.maxBytes, fixed.compression) = (
        1, 1, 1, "none"
      )
    }
    return fixed
  }

  /// The manifest after `next` is driven into this manifest's prefix.
  ///
  /// - Throws: if the options of `next` would make objects that do not fit the existing ones.
  func followed(by next: S3Manifest, at target: String) throws(SinkError) -> S3Manifest {
    guard fixed == next.fixed else {
      throw SinkError(
        .stop, code: "options",
        "\(target) was begun with \(text), and the configuration says \(next.text). An archive "
          + "cannot mix them: set the options back, or choose another prefix.")
    }
    var followed = next
    followed.derivedFrom = derivedFrom
    followed.bareThrough = bareThrough
    followed.mixedTags = mixedTags == true || tags != next.tags ? true : nil
    return followed
  }

  /// The manifest with the origin of `entries` noted; nil if that changes nothing.
  func noting(_ entries: some Collection<EventBatch.Entry>) -> S3Manifest? {
    var noted = self
    if let derived = entries.first(where: \.isDerived)?.position.eventId {
      noted.derivedFrom = min(derivedFrom ?? derived, derived)
    }
    for bare in entries where bare.isWrapped {
      noted.bareThrough = max(noted.bareThrough ?? 0, bare.position.eventId)
    }
    return noted == self ? nil : noted
  }

  private var text: String {
    let batches =
      layout == .batches
      ? ", interval \(intervalSeconds)s, max-events \(maxEvents), max-bytes \(maxBytes), "
        + "compression \(compression)"
      : ""
    return "layout \(layout.rawValue), select \(select.rawValue)\(batches)"
  }
}
