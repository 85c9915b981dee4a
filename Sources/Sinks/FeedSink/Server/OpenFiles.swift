internal import EventPersistence
internal import Foundation

/// How many files this process may have open.
enum OpenFiles {
  /// What the program has open besides connections, at most.
  private static let others = 256

  /// Raises the soft limit, as far as the hard one lets it, so that `connections` fit.
  ///
  /// - Throws: `stop` if the hard limit is too low.
  static func allow(_ connections: Int) throws(SinkError) {
    // A stream that reads has a file of the log open, too.
    let needed = rlim_t(2 * connections + others)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < needed
    else { return }
    guard limit.rlim_max >= needed else {
      throw SinkError(
        .stop, code: "max-consumers",
        "so many consumers need \(needed) open files, and this process may have "
          + "\(limit.rlim_max). Raise its limit (LimitNOFILE= in the unit, or ulimit -Hn), or lower "
          + "max-consumers.")
    }
    limit.rlim_cur = needed
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
