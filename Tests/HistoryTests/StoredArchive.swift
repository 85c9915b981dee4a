import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import FileSink
import Foundation
import MotoServer
import S3Sink

/// An archive on disk or in a bucket, filled by a driver.
final class StoredArchive: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case file, zstd, s3

    static var available: [Kind] { MotoServer.isInstalled ? allCases : [.file, .zstd] }
  }

  let storage: any ArchiveStorage
  private let folder: String
  private let makeSink: @Sendable () -> any EventSink

  init(_ kind: Kind) throws {
    folder = NSTemporaryDirectory() + "stored-\(UUID().uuidString)"
    let path = "\(folder)/archive"
    switch kind {
    case .file, .zstd:
      let options = FileSink.Options(
        path: path, interval: .seconds(20), eventsMax: 5,
        compression: kind == .zstd ? .zstd : .none)
      storage = FileArchive(path: path)
      makeSink = { FileSink(options) }
    case .s3:
      let server = try MotoServer.shared.get()
      let options = S3Sink.Options(
        address: S3Address(
          bucket: try server.makeBucket(), region: "us-east-1", endpoint: server.endpoint),
        prefix: "head/1", rule: BatchRule(interval: .seconds(7), maxEvents: 5),
        grace: .zero, environment: server.environment)
      storage = S3ArchiveStorage(options)
      makeSink = { S3Sink(options) }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Drives everything that `log` has into it.
  func fill(from log: any EventSource) async throws {
    let secondary = Secondary(
      SecondaryConfiguration(
        name: "archive", persistenceDir: "/log", sink: makeSink().description,
        makeSink: { _ in self.makeSink() }),
      source: log, folder: StateDirectory(path: "\(folder)/state").folder("archive"))
    let end = await secondary.run(until: .head)
    guard end == .reachedHead else {
      throw LawViolation("an archive takes the whole log", end.sentence)
    }
  }
}
