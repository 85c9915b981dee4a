import EventPersistence
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Finds credentials where the SDKs of AWS find them, in their order: the environment, the shared
/// credentials file, the container's endpoint, the instance's metadata (IMDSv2).
///
/// What it found is kept until it is to be renewed, the file has changed, or a server refused it. Where a
/// renewal fails, what is there is used to its end.
actor CredentialsProvider {
  /// Where credentials came from, for a person.
  enum Origin: Sendable, Hashable, CustomStringConvertible {
    case environment
    case file(String, profile: String)
    case container
    case instance(role: String)

    var description: String {
      switch self {
      case .environment: "environment"
      case .file(let path, let profile): "profile \(profile) of \(path)"
      case .container: "container's role"
      case .instance(let role): "instance's role \(role)"
      }
    }
  }

  private struct Found {
    var credentials: Credentials
    var origin: Origin
    var fileStamp: FileStamp?
  }

  private let environment: [String: String]
  private let profile: String?
  private let session: HTTPSession
  private let metadataHost: String
  private let containerHost: String
  private var found: Found?
  /// What was last found, also where a server has refused it since.
  private var last: Found?

  /// - Parameters:
  ///   - profile: of the configuration; it goes before what the environment says.
  ///   - environment: that of the process: nothing else of it is looked at.
  init(
    profile: String?, environment: [String: String], session: HTTPSession,
    metadataHost: String = "http://169.254.169.254", containerHost: String = "http://169.254.170.2"
  ) {
    self.profile = profile
    self.environment = environment
    self.session = session
    self.metadataHost = metadataHost
    self.containerHost = containerHost
  }

  /// - Throws: `SinkError` that says where was looked, and what was there.
  func credentials(at now: EventTime) async throws(SinkError) -> Credentials {
    let stamp = FileStamp(filePath)
    if let found, found.fileStamp == stamp, !found.credentials.needRenewal(at: now) {
      return found.credentials
    }
    do throws(SinkError) {
      let (credentials, origin) = try await find()
      found = Found(credentials: credentials, origin: origin, fileStamp: stamp)
      last = found
      return credentials
    } catch {
      guard let found, found.fileStamp == stamp, !found.credentials.haveEnded(at: now) else {
        throw error
      }
      return found.credentials
    }
  }

  /// The next call looks again.
  func forget() { found = nil }

  /// Where those in use came from, and when they end; nil where none were found yet.
  var facts: (origin: Origin, expiration: EventTime?)? {
    last.map { ($0.origin, $0.credentials.expiration) }
  }

  private func find() async throws(SinkError) -> (Credentials, Origin) {
    if profile == nil, let fromEnvironment { return (fromEnvironment, .environment) }
    if let fromFile = try sharedFile() {
      return (fromFile, .file(filePath, profile: profileName))
    }
    if let fromContainer = try await container() { return (fromContainer, .container) }
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true",
      let (fromInstance, role) = await instance()
    {
      return (fromInstance, .instance(role: role))
    }
    throw SinkError(
      .stop, code: "NoCredentials",
      "No credentials for S3: looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, "
        + "for the profile [\(profileName)] in \(filePath), and for a container's or instance's role. "
        + "Set one of them; they are looked for again each minute.")
  }

  // MARK: - The environment

  private func set(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  private var fromEnvironment: Credentials? {
    guard let id = set("AWS_ACCESS_KEY_ID"), let secret = set("AWS_SECRET_ACCESS_KEY") else {
      return nil
    }
    return Credentials(
      accessKeyId: id, secretAccessKey: secret, sessionToken: set("AWS_SESSION_TOKEN"))
  }

  // MARK: - The shared credentials file

  private var profileName: String { profile ?? set("AWS_PROFILE") ?? "default" }

  private var filePath: String {
    SharedCredentialsFile.path(environment: environment)
  }

  private func sharedFile() throws(SinkError) -> Credentials? {
    guard let stamp = FileStamp(filePath) else {
      guard profile == nil else {
        throw SinkError(
          .stop, code: "NoCredentialsFile",
          "There is no credentials file \(filePath) with the profile [\(profileName)] that the "
            + "configuration names: write it, or name none.")
      }
      return nil
    }
    guard stamp.byteCount <= SharedCredentialsFile.byteCountMax,
      let text = try? String(contentsOfFile: filePath, encoding: .utf8)
    else {
      throw SinkError(
        .stop, code: "CredentialsUnreadable",
        "The credentials file \(filePath) cannot be read by this user, or is no such file: check its "
          + "owner, mode and content.")
    }
    guard let entries = SharedCredentialsFile.profile(profileName, in: text) else {
      if profile == nil, set("AWS_PROFILE") == nil { return nil }
      throw SinkError(
        .stop, code: "NoSuchProfile",
        "The credentials file \(filePath) has no profile [\(profileName)]: add it, or name another one."
      )
    }
    guard let id = entries["aws_access_key_id"], let secret = entries["aws_secret_access_key"],
      !id.isEmpty, !secret.isEmpty
    else {
      throw SinkError(
        .stop, code: "IncompleteProfile",
        "The profile [\(profileName)] of \(filePath) lacks aws_access_key_id or aws_secret_access_key: "
          + "no other sort of profile is known here.")
    }
    return Credentials(
      accessKeyId: id, secretAccessKey: secret, sessionToken: entries["aws_session_token"])
  }

  // MARK: - Containers and instances

  private struct RoleCredentials: Decodable {
    var accessKeyId: String
    var secretAccessKey: String
    var token: String?
    var expiration: String?

    private enum CodingKeys: String, CodingKey {
      case accessKeyId = "AccessKeyId"
      case secretAccessKey = "SecretAccessKey"
      case token = "Token"
      case expiration = "Expiration"
    }

    var credentials: Credentials {
      Credentials(
        accessKeyId: accessKeyId, secretAccessKey: secretAccessKey, sessionToken: token,
        expiration: expiration.flatMap { EventTime($0) })
    }
  }

  /// Nil where the environment names no endpoint.
  ///
  /// - Throws: Where it names one that does not answer: this is a container then, and it may pass.
  private func container() async throws(SinkError) -> Credentials? {
    guard
      let address = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map({ containerHost + $0 })
        ?? set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    else { return nil }
    var headers: [String: String] = [:]
    if let file = set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      guard let token = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw SinkError(
          .stop, code: "CredentialsUnreadable",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names \(file), which cannot be read by this user."
        )
      }
      headers["Authorization"] = token.trimmingCharacters(in: .whitespacesAndNewlines)
    } else if let token = set("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      headers["Authorization"] = token
    }
    guard let credentials = await fetch(address, headers: headers).flatMap(decode) else {
      throw SinkError(
        .retry, code: "NoCredentials",
        "The environment names an endpoint for a container's credentials, which gave none. "
          + "It is tried again; check the container's role.")
    }
    return credentials
  }

  private func instance() async -> (Credentials, role: String)? {
    let base = "\(metadataHost)/latest"
    guard
      let token = await fetch(
        "\(base)/api/token", method: "PUT",
        headers: ["X-aws-ec2-metadata-token-ttl-seconds": "21600"])
    else { return nil }
    let headers = ["X-aws-ec2-metadata-token": String(decoding: token, as: UTF8.self)]
    let roles = "\(base)/meta-data/iam/security-credentials/"
    guard let list = await fetch(roles, headers: headers),
      let role = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).first,
      let credentials = await fetch(roles + role, headers: headers).flatMap(decode)
    else { return nil }
    return (credentials, String(role))
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
