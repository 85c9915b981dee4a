import EventPersistenceTesting
import Foundation
import Testing

@testable import EventPersistence

@Suite("the advice for a path that is closed")
struct AccessAdviceTests {
  let state = TemporaryState()

  private func advice(_ mode: mode_t, group: gid_t = 0, for name: String = "lock") throws -> String
  {
    try FileManager.default.createDirectory(
      atPath: state.directory.path, withIntermediateDirectories: true)
    #expect(chown(state.directory.path, geteuid() == 0 ? 12345 : uid_t.max, group) == 0)
    #expect(chmod(state.directory.path, mode) == 0)
    return AccessAdvice.sentence(for: "\(state.directory.path)/\(name)", .writing)
  }

  @Test(
    "nobody is sent into the group of root, or into one of the system",
    .enabled(if: geteuid() == 0, "Only root can give a folder away: skipped."),
    arguments: [0o750, 0o770, 0o775, 0o2775] as [mode_t], [0, 4, 33, 27] as [gid_t])
  func systemGroup(mode: mode_t, group: gid_t) throws {
    let advice = try advice(mode, group: group)
    #expect(!advice.contains("usermod"), "\(advice)")
    #expect(advice.contains(state.directory.path), "\(advice)")
  }

  @Test(
    "the group that shares a state directory is the one to join",
    .enabled(if: geteuid() == 0, "Only root can give a folder away: skipped."))
  func sharedGroup() throws {
    let name = try #require(getgrgid(33).map { String(cString: $0.pointee.gr_name) })
    #expect(try advice(0o2770, group: 33).contains("usermod -aG \(name) "))
    #expect(try !advice(0o2770, group: 0).contains("usermod"))
  }

  @Test("who owns a path changes its mode, if that is what denies it")
  func owner() {
    let folder = S_IFDIR
    #expect(
      AccessAdvice.ownerAdvice("/srv/a b", folder | 0o500, .writing)?
        .hasSuffix("but its mode is 500: chmod u+rwX '/srv/a b'.") == true)
    #expect(AccessAdvice.ownerAdvice("/srv/a", folder | 0o700, .writing) == nil)
    #expect(AccessAdvice.ownerAdvice("/srv/a", S_IFREG | 0o600, .writing) == nil)
    #expect(AccessAdvice.ownerAdvice("/srv/a", folder | 0o600, .reading) != nil)
    #expect(AccessAdvice.ownerAdvice("/srv/a", S_IFREG | 0o200, .reading) != nil)
  }

  @Test("a folder that is missing is made, for this user alone")
  func missing() throws {
    let advice = try advice(0o755, group: getegid(), for: "archive/lock")
    #expect(advice.contains("install -d -o \(AccessAdvice.user) -m 700 "), "\(advice)")
    #expect(advice.contains("\(state.directory.path)/archive"), "\(advice)")
  }

  @Test("each command in it is installed, or its package is named")
  func installed() throws {
    let advice =
      try advice(0o700, group: getegid()) + AccessAdvice.grant(.reading, on: "/srv")
      + AccessAdvice.running(as: "hydra")
    let folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    for tool in ["sudo ", "runuser ", "chown ", "setfacl ", "usermod ", "install "]
    where advice.contains(tool) {
      let isHere = folders.contains { access("\($0)/\(tool.dropLast())", X_OK) == 0 }
      #expect(isHere || tool == "setfacl " && advice.contains("apt install acl"), "\(advice)")
    }
  }
}
