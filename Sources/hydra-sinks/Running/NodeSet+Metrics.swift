import Logging
import Setup

extension NodeSet {
  /// Does `body`, which drives, and serves metrics meanwhile if the configuration says where.
  func servingMetrics<Result: Sendable>(
    log: Logger, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    guard let address = here.first?.configuration.metrics else { return try await body() }
    let service = try MetricsService(here, version: HydraSinks.version)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        await service.serve(at: address, log: log)
        return nil
      }
      group.addTask { try await body() }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      preconditionFailure("the body returns a result")
    }
  }
}
