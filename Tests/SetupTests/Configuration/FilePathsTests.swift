import Foundation
import Setup
import Testing

@Suite("paths")
struct FilePathsTests {
  @Test("a path is made absolute without dots and double slashes")
  func absolute() {
    #expect(FilePaths.absolute("a/../b//c/.", in: "/x") == "/x/b/c")
    #expect(FilePaths.absolute("/../a/") == "/a")
    #expect(FilePaths.parent(of: "/a/b") == "/a")
  }

  @Test(
    "a folder reached through a link is the same folder, and what is to be made in it lies in it")
  func links() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "paths-\(UUID())").path
    try FileManager.default.createDirectory(
      atPath: "\(root)/log", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createSymbolicLink(
      atPath: "\(root)/link", withDestinationPath: "\(root)/log")
    #expect(FilePaths.same("\(root)/link", "\(root)/log"))
    #expect(FilePaths.lies("\(root)/link/not/yet/there", in: "\(root)/log"))
    #expect(!FilePaths.lies("\(root)/log2", in: "\(root)/log"))
  }
}
