import Setup
import Wording

/// Any bytes are a configuration or refused with a sentence, and so is a sink's address.
///
/// The input begins with a byte that tells which of both: `u` an address.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let first = input.first else { return 0 }
  let text = String(decoding: input.dropFirst(), as: UTF8.self)
  do throws(Refusal) {
    if first == UInt8(ascii: "u") {
      check([try SinkURI.parse(text)])
    } else {
      let configuration = try ConfigurationFile.parse(
        text, file: "/etc/c.yaml", environment: ["HOME": "/home/u"])
      check(configuration.secondaries)
      precondition(configuration.persistenceDir?.hasPrefix("/") ?? true)
      for node in configuration.nodes {
        if case .here(let own) = node.place { check(own.secondaries) }
      }
    }
  } catch {
    precondition(
      first == UInt8(ascii: "u")
        ? error.message.hasPrefix("--sink ")
        : error.status == .configuration && error.message.hasPrefix("/etc/c.yaml"), error.message)
    // What was found is shown once or twice, and with it the keys that are expected.
    precondition(error.message.utf8.count <= 4000 + 8 * count, error.message)
  }
  return 0
}

private func check(_ secondaries: [ConfiguredSecondary]) {
  precondition(Set(secondaries.map(\.name)).count == secondaries.count, "a name stands twice")
  for secondary in secondaries {
    precondition(ConfiguredSecondary.isName(secondary.name))
    precondition(secondary.maxEvents ?? 1 > 0 && secondary.maxBytes ?? 1 > 0)
  }
}
