import EventPersistence
import Foundation

/// `hydra-sinks-owner.json`: which state directory a prefix belongs to, so that two independent
/// drivers do not both store there.
struct S3Owner: Codable, Sendable, Hashable {
  /// Random, made once for a secondary of a state directory; it stays the same when the directory
  /// moves.
  var id: String
  /// For people: the machine and the folder.
  var name: String

  /// The owner in `file` of a secondary's state folder; makes it if it does not exist.
  static func own(_ file: String) throws(SinkError) -> S3Owner {
    if let owner = try known(file) { return owner }
    let random = (0..<16).map { _ in UInt8.random(in: 0...255) }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let owner = S3Owner(id: Digest.hex(random), name: "\(Requester.host):\(folder)")
    // Written beside it and linked: no reader sees half of it, and an existing one is never
    // replaced.
    let temporary = "\(file).\(getpid()).tmp"
    unlink(temporary)
    defer { unlink(temporary) }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unwritable(file) }
    // Like the other files of the folder: same owner, and same group if that may write there.
    var status = stat()
    if stat(folder, &status) == 0 {
      if geteuid() == 0 { fchown(descriptor, status.st_uid, status.st_gid) }
      // Whatever the creation mask.
      fchmod(descriptor, status.st_mode & 0o020 != 0 ? 0o660 : 0o600)
    }
    let bytes = owner.bytes
    let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten else { throw unwritable(file) }
    guard link(temporary, file) == 0 else {
      guard errno == EEXIST else { throw unwritable(file) }
      return try own(file)
    }
    return owner
  }

  /// As `own`, but makes nothing: nil if there is none yet.
  static func known(_ file: String) throws(SinkError) -> S3Owner? {
    guard FileStamp(file) != nil else { return nil }
    guard let owner = try? JSONFile.read(S3Owner.self, from: file), !owner.id.isEmpty else {
      throw SinkError(
        .stop, code: "nonsense",
        "\(file) should name the owner of this secondary's objects, but cannot be read. Restore "
          + "the right one, or remove both it and the owner's note in the bucket.",
        finding: .damaged)
    }
    return owner
  }

  private static func unwritable(_ file: String) -> SinkError {
    SinkError(
      .stop, code: "state",
      "\(file), which names the owner of the objects, cannot be written: "
        + "\(String(cString: strerror(errno))). Check the state folder.")
  }

  /// The owner that a note names; nil if it is not such a note.
  init?(_ bytes: [UInt8]) {
    guard let owner = try? JSONDecoder().decode(S3Owner.self, from: Data(bytes)) else { return nil }
    self = owner
  }

  init(id: String, name: String) {
    self.id = id
    self.name = name
  }

  var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Two strings can always be encoded.
    return [UInt8](try! encoder.encode(self)) + [0x0A]
  }
}
