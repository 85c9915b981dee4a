internal import Foundation

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
