internal import Foundation

/// The orders of a secondary as its driver saw them last: as long as no name was added to its folder
/// or removed, a look costs one `stat` call.
struct OrderBoard {
  /// For how long the folder's stamp is believed: the clock of some file systems has whole seconds.
  private static let validity = Duration.seconds(1)

  private var seen: (stamp: FileStamp, orders: StandingOrders, at: ContinuousClock.Instant)?

  /// The folder's stamp at the last look, if every later change of its names changes that.
  var stamp: FileStamp? { seen?.stamp }

  mutating func orders(in folder: SecondaryFolder) -> StandingOrders {
    let stamp = FileStamp(folder.path)
    let now = ContinuousClock.now
    if let seen, seen.stamp == stamp, now - seen.at < Self.validity { return seen.orders }
    let orders = StandingOrders(in: folder)
    // A folder that has just changed can change again without showing it.
    seen = stamp.flatMap { $0.isSettled(at: FileStamp.now) ? ($0, orders, now) : nil }
    return orders
  }
}

/// The orders in a secondary's folder: four looks at metadata, without opening a file.
struct StandingOrders: OptionSet, Sendable, Hashable {
  let rawValue: Int

  static let pause = StandingOrders(rawValue: 1)
  static let replay = StandingOrders(rawValue: 2)
  static let cancel = StandingOrders(rawValue: 4)
  static let retry = StandingOrders(rawValue: 8)

  init(rawValue: Int) { self.rawValue = rawValue }

  init(in folder: SecondaryFolder) {
    var orders: StandingOrders = []
    for (file, order) in Self.files where access("\(folder.path)/\(file)", F_OK) == 0 {
      orders.insert(order)
    }
    self = orders
  }

  private static let files: [(String, StandingOrders)] = [
    ("pause.json", .pause), ("replay.json", .replay), ("cancel", .cancel), ("retry", .retry),
  ]
}
