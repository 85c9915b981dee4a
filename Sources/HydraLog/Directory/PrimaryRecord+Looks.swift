import EventPersistence
package import Foundation

/// Looks need the ends of a thousand archives within some milliseconds: one walk over the text, past
/// all that they do not need.
extension PrimaryRecord {
  /// The record in `json` without its times, which are most of it; nil if that is not as a driver
  /// writes it, and only a decoder can say what is wrong.
  package init?(forLooksIn json: Data) {
    self.init()
    // A file takes about a kibibyte.
    files.reserveCapacity(json.count >> 10)
    let isWhole = json.withUnsafeBytes { bytes in
      var walk = JSONWalk(bytes)
      return read(&walk) && walk.isAtEnd
    }
    guard isWhole else { return nil }
  }

  private mutating func read(_ walk: inout JSONWalk) -> Bool {
    var hasVersion = false
    var hasFiles = false
    let isRead = walk.object { walk, key in
      if walk.text(key, is: "version") {
        hasVersion = true
        return walk.read(&version)
      }
      if walk.text(key, is: "persistenceDir") { return walk.read(&persistenceDir) }
      if walk.text(key, is: "head") {
        var attempt = walk
        head = Head(HeadFollower.Record(&attempt))
        return walk.skip()
      }
      guard walk.text(key, is: "files") else { return walk.skip() }
      hasFiles = true
      return walk.array { walk in
        guard let file = File(&walk) else { return false }
        files.append(file)
        return true
      }
    }
    return isRead && hasVersion && hasFiles
  }
}

extension PrimaryRecord.File {
  fileprivate init?(_ walk: inout JSONWalk) {
    var path: String?
    var inode: UInt64?
    var opening: HexBytes?
    var read: [[UInt64]]?
    var tornLines: Int?
    var torn: [TornLine]?
    var bareLines: BareIndex.Count?
    var bytes: UInt64?
    var modified: Int64?
    var ends: PrimaryRecord.Ends?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "path") { return walk.read(&path) }
      if walk.text(key, is: "inode") { return walk.read(&inode) }
      if walk.text(key, is: "opening") {
        opening = walk.string().flatMap { walk.withText($0, HexBytes.init(digits:)) }
        return opening != nil
      }
      if walk.text(key, is: "read") {
        read = []
        return walk.array { walk in
          var pair: [UInt64] = []
          defer { read?.append(pair) }
          return walk.array { walk in
            guard let number = walk.number() else { return false }
            pair.append(number)
            return true
          }
        }
      }
      if walk.text(key, is: "tornLines") { return walk.read(&tornLines) }
      if walk.text(key, is: "torn") { return walk.decode(&torn, ifEmpty: []) }
      if walk.text(key, is: "bareLines") { return walk.decode(&bareLines) }
      if walk.text(key, is: "bytes") { return walk.read(&bytes) }
      if walk.text(key, is: "modified") { return walk.read(&modified) }
      guard walk.text(key, is: "ends") else { return walk.skip() }
      return walk.read(&ends) { PrimaryRecord.Ends(&$0) }
    }
    guard isWhole, let path, let inode, let opening, let read, let tornLines, let torn else {
      return nil
    }
    self.init(
      path: path, inode: inode, opening: opening, read: read, tornLines: tornLines, torn: torn,
      bareLines: bareLines, times: nil, bytes: bytes, modified: modified, ends: ends)
  }
}

extension PrimaryRecord.Ends {
  fileprivate init?(_ walk: inout JSONWalk) {
    var changed: Int64?
    var first: Position?
    var second: Position?
    var last: Position?
    let isWhole = walk.object { walk, key in
      if walk.text(key, is: "changed") { return walk.read(&changed) }
      if walk.text(key, is: "first") { return walk.read(&first) }
      if walk.text(key, is: "second") { return walk.read(&second) }
      if walk.text(key, is: "last") { return walk.read(&last) }
      return walk.skip()
    }
    guard isWhole, let changed, let first, let last else { return nil }
    (self.changed, self.first, self.second, self.last) = (changed, first, second, last)
  }
}
