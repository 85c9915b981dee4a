import ArgumentParser
import Yams

@main struct HydraSinks: AsyncParsableCommand {
  func run() async throws { print("hydra-sinks") }
}
