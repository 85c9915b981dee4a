import Testing

/// All tests that start programs.
// One after another: a script that is open for writing while another test forks is "busy" until
// that child calls exec.
@Suite("Programs", .serialized)
enum ProgramTests {}
