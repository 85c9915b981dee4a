import CSpawn
import EventPersistence
import Foundation

/// Finds credentials where the AWS SDKs do, in their order: the environment, the shared credentials
/// file, the container's endpoint, the instance's metadata (IMDSv2).
///
/// It keeps what it found until it must renew it, the file changes, or a server refuses it. If a
/// renewal fails, it uses the old credentials until they expire. A process that holds credentials leaves no core, in
/// which they could be read.
actor CredentialsProvider {
  /// Where credentials came from, as text for people.
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
  /// The credentials last found, even if a server has refused them since.
  private var last: Found?

  /// - Parameters:
  ///   - profile: from the configuration; it takes precedence over the environment.
  ///   - environment: that of the process; other variables are ignored.
  init(
    profile: String?, environment: [String: String], session: HTTPSession,
    metadataHost: String = "http://169.254.169.254", containerHost: String = "http://169.254.170.2"
  ) {
    _ = cspawn_forbid_core()
    self.profile = profile
    self.environment = environment
    self.session = session
    self.metadataHost = metadataHost
    self.containerHost = containerHost
  }

  /// - Throws: `SinkError` that says where it looked and what it found.
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

  /// The origin and the end of the current credentials; nil if none were found yet.
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
      "No credentials for S3. hydra-sinks looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
        + "in the environment, for the profile [\(profileName)] in \(filePath), and for a "
        + "container's or instance's role. Set one of them; hydra-sinks looks again every minute.")
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
    guard FileStamp(filePath) != nil else {
      guard profile == nil else {
        throw SinkError(
          .stop, code: "NoCredentialsFile",
          "The credentials file \(filePath) with the profile [\(profileName)], which the "
            + "configuration names, does not exist: create it, or remove `profile`.")
      }
      return nil
    }
    guard let text = SharedCredentialsFile.text(of: filePath) else {
      throw SinkError(
        .stop, code: "CredentialsUnreadable",
        "The credentials file \(filePath) cannot be read by this user, or is not such a file: "
          + "check its owner, mode and content.")
    }
    guard let entries = SharedCredentialsFile.profile(profileName, in: text) else {
      if profile == nil, set("AWS_PROFILE") == nil { return nil }
      throw SinkError(
        .stop, code: "NoSuchProfile",
        "The credentials file \(filePath) has no profile [\(profileName)]: add it, or name another."
      )
    }
    guard let id = entries["aws_access_key_id"], let secret = entries["aws_secret_access_key"],
      !id.isEmpty, !secret.isEmpty
    else {
      throw SinkError(
        .stop, code: "IncompleteProfile",
        "The profile [\(profileName)] of \(filePath) lacks aws_access_key_id or "
          + "aws_secret_access_key: hydra-sinks supports no other kind of profile.")
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

  /// Nil if the environment names no endpoint.
  ///
  /// - Throws: if it names one that does not answer: then this is a container, and the error may
  ///   pass.
  private func container() async throws(SinkError) -> Credentials? {
    guard
      let address = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map({ containerHost + $0 })
        ?? set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    else { return nil }
    var headers: [String: String] = [:]
    if let file = set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
      guard let token = SharedCredentialsFile.text(of: file) else {
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
        "The environment names an endpoint for container credentials, but that endpoint returned "
          + "none. hydra-sinks tries again; check the container's role.")
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

  private func decode(_ answer: [UInt8]) -> Credentials? {
    (try? JSONDecoder().decode(RoleCredentials.self, from: Data(answer)))?.credentials
  }

  /// Nil without an answer of 200 within two seconds: then this machine is not such an instance.
  private func fetch(_ address: String, method: String = "GET", headers: [String: String] = [:])
    async -> [UInt8]?
  {
    let request = HTTPRequest(
      method: method, address: address, headers: headers.map { ($0.key, $0.value) },
      body: method == "PUT" ? [] : nil, bytesMax: 1 << 20, silenceMax: .seconds(2), isDirect: true)
    guard let answer = try? await session.answer(to: request), answer.status == 200 else {
      return nil
    }
    return answer.body
  }
}
