import Testing

@Suite("The order of the modules")
struct ModuleTests {
  private let sources = SourceTree.here.sources

  @Test("each module is in the list")
  func complete() {
    let modules = Set(sources.map(\.module))
    #expect(modules.count > 10)
    for module in modules.sorted() {
      #expect(
        ModuleOrder.line(of: module) != nil,
        "\(module) is missing: put it into ModuleOrder, above all that import it.")
    }
  }

  @Test("a module imports only modules above it")
  func upwards() {
    var importCount = 0
    for file in sources {
      guard let own = ModuleOrder.line(of: file.module) else { continue }
      for name in file.imports {
        guard let other = ModuleOrder.line(of: name) else { continue }
        importCount += 1
        #expect(other < own, "\(file.path) imports \(name), which is below \(file.module)")
      }
    }
    #expect(importCount > 100)
  }
}
