import EventPersistence
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Finds credentials where the SDKs of AWS find them, in their order: the environment, the shared
/// credentials file, the container's endpoint, the instance's metadata (IMDSv2).
///
/// What it found is kept until it is to be renewed, the file has changed, or a server refused it.
actor CredentialsProvider {
  private let environment: [String: String]
  private let profile: String?
  private let session: URLSession
  private let metadataHost: String
  private var found: (credentials: Credentials, fileDate: Date?)?

  init(
    profile: String?, environment: [String: String], session: URLSession,
    metadataHost: String = "http://169.254.169.254"
  ) {
    self.profile = profile
    self.environment = environment
    self.session = session
    self.metadataHost = metadataHost
  }

  /// - Throws: `SinkError` that says where was looked, and what was there.
  func credentials(at now: EventTime) async throws(SinkError) -> Credentials {
    let fileDate = modificationDate()
    if let found, found.fileDate == fileDate, !found.credentials.needRenewal(at: now) {
      return found.credentials
    }
    let credentials = try await find()
    found = (credentials, fileDate)
    return credentials
  }

  /// Whether the file of credentials is another than when it was last read.
  var hasChanged: Bool { found.map { $0.fileDate != modificationDate() } ?? true }

  /// The next call looks again.
  func forget() { found = nil }

  private func find() async throws(SinkError) -> Credentials {
    if profile == nil, let fromEnvironment { return fromEnvironment }
    if let fromFile = try sharedFile() { return fromFile }
    if let fromContainer = await container() { return fromContainer }
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true",
      let fromInstance = await instance()
    {
      return fromInstance
    }
    throw SinkError(
      .stop, code: "NoCredentials",
      "No credentials for S3: looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, "
        + "for the profile \"\(profileName)\" in \(filePath), and for a container's or instance's role. "
        + "Set one of them; they are looked for again each minute.")
  }

  // MARK: - The environment

  private var fromEnvironment: Credentials? {
    guard let id = environment["AWS_ACCESS_KEY_ID"], !id.isEmpty,
      let secret = environment["AWS_SECRET_ACCESS_KEY"], !secret.isEmpty
    else { return nil }
    let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    return Credentials(accessKeyId: id, secretAccessKey: secret, sessionToken: token)
  }

  // MARK: - The shared credentials file

  private var profileName: String { profile ?? environment["AWS_PROFILE"] ?? "default" }

  private var filePath: String {
    environment["AWS_SHARED_CREDENTIALS_FILE"]
      ?? "\(environment["HOME"] ?? NSHomeDirectory())/.aws/credentials"
  }

  private func modificationDate() -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: filePath))?[.modificationDate] as? Date
  }

  private func sharedFile() throws(SinkError) -> Credentials? {
    guard FileManager.default.fileExists(atPath: filePath) else { return nil }
    guard let text = try? String(contentsOfFile: filePath, encoding: .utf8) else {
      throw SinkError(
        .stop, code: "CredentialsUnreadable",
        "The credentials file \(filePath) cannot be read by this user: check its owner and mode.")
    }
    guard let entries = SharedCredentialsFile.profile(profileName, in: text) else {
      if profile == nil { return nil }
      throw SinkError(
        .stop, code: "NoSuchProfile",
        "The credentials file \(filePath) has no profile [\(profileName)]: add it, or set another one."
      )
    }
    guard let id = entries["aws_access_key_id"], let secret = entries["aws_secret_access_key"]
    else {
      throw SinkError(
        .stop, code: "IncompleteProfile",
        "The profile [\(profileName)] of \(filePath) lacks aws_access_key_id or aws_secret_access_key."
      )
    }
    return Credentials(
      accessKeyId: id, secretAccessKey: secret, sessionToken: entries["aws_session_token"])
  }

  // MARK: - Containers and instances

  private struct RoleCredentials: Decodable {
    var AccessKeyId: String
    var SecretAccessKey: String
    var Token: String?
    var Expiration: String?

    var credentials: Credentials {
      Credentials(
        accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token,
        expiration: Expiration.flatMap { EventTime($0) })
    }
  }

  private func container() async -> Credentials? {
    let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    guard
      let address = relative.map({ "http://169.254.170.2\($0)" })
        ?? environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    else { return nil }
    var headers: [String: String] = [:]
    if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
      let token = try? String(contentsOfFile: file, encoding: .utf8)
    {
      headers["Authorization"] = token.trimmingCharacters(in: .whitespacesAndNewlines)
    } else if let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
      headers["Authorization"] = token
    }
    return await fetch(address, headers: headers).flatMap(decode)
  }

  private func instance() async -> Credentials? {
    let base = "\(metadataHost)/latest"
    guard
      let token = await fetch(
        "\(base)/api/token", method: "PUT",
        headers: ["X-aws-ec2-metadata-token-ttl-seconds": "21600"])
    else { return nil }
    let headers = ["X-aws-ec2-metadata-token": String(decoding: token, as: UTF8.self)]
    let roles = "\(base)/meta-data/iam/security-credentials/"
    guard let list = await fetch(roles, headers: headers),
      let role = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).first
    else { return nil }
    return await fetch(roles + role, headers: headers).flatMap(decode)
  }

  private func decode(_ data: Data) -> Credentials? {
    (try? JSONDecoder().decode(RoleCredentials.self, from: data))?.credentials
  }

  /// Nil where nobody answers within two seconds, or not with 200: then this machine is no such machine.
  private func fetch(_ address: String, method: String = "GET", headers: [String: String] = [:])
    async -> Data?
  {
    guard let url = URL(string: address) else { return nil }
    var request = URLRequest(url: url, timeoutInterval: 2)
    request.httpMethod = method
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    guard let (data, response) = try? await session.data(for: request),
      (response as? HTTPURLResponse)?.statusCode == 200
    else { return nil }
    return data
  }
}

/// The INI file that the tools of AWS share.
enum SharedCredentialsFile {
  /// The entries of `[name]`; nil where there is no such section.
  static func profile(_ name: String, in text: String) -> [String: String]? {
    var entries: [String: String]?
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("[") {
        isInside =
          line.dropFirst().prefix { $0 != "]" }.trimmingCharacters(in: .whitespaces) == name
        if isInside, entries == nil { entries = [:] }
      } else if isInside, let equals = line.firstIndex(of: "=") {
        let key = line[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
        entries?[key] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      }
    }
    return entries
  }
}
