import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A page that a test reads over HTTP.
struct WebPage {
  var status: Int
  var type: String
  var body: Data

  var text: String { String(decoding: body, as: UTF8.self) }

  init(_ address: String, method: String = "GET") async throws {
    guard let url = URL(string: address) else { throw CLIFailure("no address: \(address)") }
    var request = URLRequest(url: url)
    request.httpMethod = method
    let (data, response) = try await URLSession.shared.data(for: request)
    guard let answer = response as? HTTPURLResponse else {
      throw CLIFailure("no answer: \(address)")
    }
    status = answer.statusCode
    type = answer.value(forHTTPHeaderField: "Content-Type") ?? ""
    body = data
  }

  /// The page once it is there.
  static func awaited(_ address: String) async throws -> WebPage {
    var page: WebPage?
    try await eventually("a page at \(address)") {
      page = try? await WebPage(address)
      return page != nil
    }
    return page!
  }
}

extension CLIRun {
  /// The address of the metrics that it serves, once it says so.
  func metricsAddress() async throws -> String {
    var found: Substring?
    try await eventually("the address of the metrics") {
      found = said.firstMatch(of: /served at (http:\/\/\S+)\/metrics/)?.output.1
      return found != nil
    }
    return String(found!)
  }
}
