import Testing

/// How large things may be, and which are larger: lists that may only become shorter.
@Suite("Sizes")
struct SizeTests {
  private static let fileLinesMax = 400
  private static let functionLinesMax = 70
  private static let columnsMax = 100
  /// It may only become smaller.
  private static let longLineCountMax = 1000

  private static let largeFiles: Set<String> = []

  private static let largeFunctions: Set<String> = []

  private let files = SourceTree.here.files

  @Test("a file has fewer than 400 lines, except those in a list")
  func fileSizes() {
    let large = files.filter { $0.lines.count >= Self.fileLinesMax }.map(\.path)
    expectSame(large, Self.largeFiles, "files of \(Self.fileLinesMax) lines and more")
  }

  @Test("a function has fewer than 70 lines, except those in a list")
  func functionSizes() {
    let functions = files.flatMap { file in
      file.functions.map { (name: "\(file.path): \($0.name)", lineCount: $0.lineCount) }
    }
    #expect(functions.count > 1000)
    let large = functions.filter { $0.lineCount >= Self.functionLinesMax }.map(\.name)
    expectSame(large, Self.largeFunctions, "functions of \(Self.functionLinesMax) lines and more")
  }

  @Test("a line has at most 100 columns")
  func columns() {
    let long = files.flatMap { file in
      file.lines.enumerated().filter { $0.element.utf8.count > Self.columnsMax }
        .filter { $0.element.count > Self.columnsMax }.map { "\(file.path):\($0.offset + 1)" }
    }
    #expect(
      long.count <= Self.longLineCountMax,
      "\(long.count) lines are longer: \(long.prefix(40).joined(separator: " "))")
  }
}

/// Expects exactly the allowed names, so that a list of exceptions never holds one that is no
/// longer an exception.
func expectSame(_ found: [String], _ allowed: Set<String>, _ what: String) {
  let new = Set(found).subtracting(allowed).sorted()
  #expect(new.isEmpty, "\(what): \(new.joined(separator: ", "))")
  let gone = allowed.subtracting(found).sorted()
  #expect(
    gone.isEmpty, "no longer \(what), so take it off the list: \(gone.joined(separator: ", "))")
}
