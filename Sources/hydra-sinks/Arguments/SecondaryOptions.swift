import ArgumentParser
import Setup
import Wording

/// The secondary that a command names, and its setup.
struct SecondaryOptions: ParsableArguments {
  @OptionGroup var setup: SetupOptions

  @Argument(help: "The secondary; NODE/NAME if there are several nodes.")
  var name: String

  /// Reads the setup and prints its notes; also returns the secondary's own name.
  ///
  /// - Throws: a refusal: 64 if the arguments contradict one another, 78 if the configuration is
  ///   wrong.
  func open() throws(Refusal) -> (setup: Setup, name: String) {
    let found = try setup.setup(of: name)
    found.setup.tell()
    return found
  }
}
