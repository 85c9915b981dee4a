import Foundation
import Testing

@testable import HydraLog

@Suite("the advice for a path that may not be read")
struct PermissionTests {
  let folder = LogFolder()

  @Test("the commands are for the folder, so that a file of the next rotation may be read too")
  func file() {
    folder.write("state", "")
    let sentence = Permission.sentence(path: "\(folder.path)/state")
    #expect(sentence.hasPrefix("\(folder.path)/state cannot be read by "))
    #expect(sentence.contains(":rX \(folder.path)"))
    #expect(sentence.contains("sudo -u ") || sentence.contains("runuser -u "))
  }

  @Test("a path that a shell would split is quoted")
  func quoted() {
    mkdir("\(folder.path)/it's mine", 0o700)
    let sentence = Permission.sentence(path: "\(folder.path)/it's mine")
    #expect(sentence.contains("'\(folder.path)/it'\\''s mine'"))
  }
}
