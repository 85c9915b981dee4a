import EventPersistence
import EventPersistenceTesting
import Foundation
import NIOHTTP1
import Testing

@testable import FeedSink

@Suite("The token of a feed") struct FeedTokenTests {
  private let folder: TestFolder
  private let token: FeedToken
  private static let secret = "c2VjcmV0LXRva2Vu+/=="

  init() throws {
    folder = try TestFolder()
    token = FeedToken(path: folder.path + "/token")
    try Data("\(Self.secret)\n".utf8).write(to: URL(fileURLWithPath: token.path))
  }

  private func judge(_ uri: String = "/", _ authorization: String...) -> FeedToken.Verdict {
    token.judge(
      HTTPRequestHead(
        version: .http1_1, method: .GET, uri: uri,
        headers: HTTPHeaders(authorization.map { ("Authorization", $0) })))
  }

  @Test("it is accepted as a bearer token and as a parameter")
  func accepted() {
    #expect(judge("/", "Bearer \(Self.secret)") == .accepted)
    #expect(judge("/", "bearer   \(Self.secret)") == .accepted)
    #expect(judge("/?token=c2VjcmV0LXRva2Vu%2B%2F%3D%3D") == .accepted)
    // A proxy may have put its own credentials there.
    #expect(judge("/?a=b&token=c2VjcmV0LXRva2Vu%2B/==", "Basic eDp5") == .accepted)
  }

  @Test("all else is wrong, or none")
  func refused() {
    #expect(judge() == .absent)
    #expect(judge("/?tokens=x", "Basic \(Self.secret)") == .absent)
    #expect(judge("/", Self.secret) == .absent)
    for offer in ["", "x", String(Self.secret.dropLast()), Self.secret + "=", "%00"] {
      #expect(judge("/?token=\(offer)") == .wrong, "\(offer)")
    }
    #expect(judge("/", "Bearer \(Self.secret.uppercased())") == .wrong)
    #expect(judge("/?token=%") == .absent)
  }

  @Test(
    "a file that holds no token is an error that does not show it, and lets nobody in",
    arguments: [
      nil, "", "SECRET", "SECRET SECRET SECRET", String(repeating: "SECRET", count: 100),
      "SECRETSECRETSECRÉT", String(repeating: "SECRET", count: 1000),
    ])
  func invalid(content: String?) throws {
    try FileManager.default.removeItem(atPath: token.path)
    if let content { try Data(content.utf8).write(to: URL(fileURLWithPath: token.path)) }
    let error = #expect(throws: SinkError.self) { try token.read() }
    #expect(error?.remedy == .stop && error?.message.contains(token.path) == true)
    #expect(error?.message.contains("SECRET") == false, "\(error?.message ?? "")")
    #expect(judge("/?token=\(content ?? "")") == .unknown)
  }

  @Test("a file that all may read is noticed")
  func open() {
    chmod(token.path, 0o600)
    #expect(!token.isOpenToAll)
    chmod(token.path, 0o644)
    #expect(token.isOpenToAll)
  }

  @Test("a feed whose token cannot be read does not listen")
  func closed() async throws {
    let missing = FeedToken(path: folder.path + "/missing")
    let error = await #expect(throws: SinkError.self) {
      try await Feed.open(MemorySource([])) { $0.token = missing }
    }
    #expect(error?.code == "token-file")
  }
}
