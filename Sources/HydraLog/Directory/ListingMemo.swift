import EventPersistence
import Synchronization

/// The last listing of a directory: as long as neither of its folders changes, a look at a log of a
/// thousand archives costs a few `stat` calls instead of two thousand.
final class ListingMemo: Sendable {
  /// For how long the stamps of archives are believed: an archive that is edited in place changes no
  /// folder.
  private static let validity = Duration.seconds(1)

  private struct Seen {
    var directory: String
    var listing: LogListing
    var folders: LogListing.FolderStamps
    var at: ContinuousClock.Instant
  }

  private let seen = Mutex<Seen?>(nil)

  /// - Throws: what `LogListing.init(directory:)` throws.
  func listing(of directory: String, at now: ContinuousClock.Instant = .now) throws(SourceError)
    -> LogListing
  {
    let folders = LogListing.FolderStamps(directory)
    if let seen = seen.withLock({ $0 }), seen.directory == directory, seen.folders == folders,
      now - seen.at < Self.validity, let listing = try seen.listing.refreshed(directory)
    {
      return listing
    }
    let listing = try LogListing(directory: directory)
    seen.withLock {
      // A folder that had just changed can change again without showing it.
      $0 =
        folders.isSettled
        ? Seen(directory: directory, listing: listing, folders: folders, at: now) : nil
    }
    return listing
  }
}
