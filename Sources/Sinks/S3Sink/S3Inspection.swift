internal import Compression
package import EventPersistence
internal import Foundation

/// Checks a bucket without putting anything there.
package enum S3Inspection {
  package struct Finding: Sendable, Hashable {
    package var severity: Severity
    package var sentence: String
  }

  /// Whether a drive with `options` could begin: a few requests that read, and one that tests the
  /// permission to write without writing.
  package static func look(_ options: S3Sink.Options) async -> Finding {
    let bucket = S3Bucket(options)
    do throws(SinkError) {
      _ = try await bucket.client.list(prefix: bucket.place.root, max: 1)
      let own = S3Manifest(
        layout: options.layout, content: options.content,
        compression: options.compression.rawValue, rule: options.rule, tags: options.tags)
      let manifest = try await bucket.manifest()
      _ = try manifest?.followed(by: own, at: bucket.target)
      try await lookAtOwner(bucket, options.ownerFile)
      var notes = [bucket.target]
      if let origin = await bucket.client.credentials.facts?.origin {
        notes.append("credentials: \(origin)")
      }
      notes.append(
        manifest == nil
          ? "nothing stored there yet" : "readable; compatible with the configured options")
      // Nothing is put or removed. Whether objects may be removed, as when a batch grows, only
      // doing it shows.
      notes.append(
        try await bucket.client.mayPut(below: bucket.place.root) == true
          ? "may be written; the first batch that grows will show whether objects may be removed"
          : "the server does not say whether it may be written: the first object will show")
      if options.layout == .perEvent {
        notes.append("of two events with one id, only the later is kept (layout: per-event)")
      }
      if let endpoint = options.address.endpoint, endpoint.scheme == "http",
        !["127.0.0.1", "localhost"].contains(endpoint.host ?? "")
      {
        notes.append("events go there unencrypted: the endpoint is http")
        return Finding(severity: .warning, sentence: notes.joined(separator: " · "))
      }
      return Finding(severity: .ok, sentence: notes.joined(separator: " · "))
    } catch {
      let severity: Severity = error.remedy == .retry ? .unknown : .error
      return Finding(severity: severity, sentence: "\(error.code): \(error.message)")
    }
  }

  private static func lookAtOwner(_ bucket: S3Bucket, _ file: String?) async throws(SinkError) {
    guard let file else { return }
    _ = try await bucket.owner(besides: try S3Owner.known(file))
  }
}
