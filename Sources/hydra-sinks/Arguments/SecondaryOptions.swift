import ArgumentParser
import Setup
import Wording

/// The secondary that a command is about, and the setup that it is one of.
struct SecondaryOptions: ParsableArguments {
  @OptionGroup var setup: SetupOptions

  @Argument(help: "The secondary, as NODE/NAME where there are several nodes.")
  var name: String

  /// Reads the setup and tells its notes; gives the secondary's own name too.
  ///
  /// - Throws: a refusal: 64 where the arguments contradict one another, 78 where the configuration does not
  ///   fit.
  func open() throws(Refusal) -> (setup: Setup, name: String) {
    let found = try setup.setup(of: name)
    found.setup.tell()
    return found
  }
}
