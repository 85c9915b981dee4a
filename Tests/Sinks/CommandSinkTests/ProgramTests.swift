import Testing

/// Whatever starts programs.
// One after another: a script that is being written when another test starts a program is "busy" for as
// long as that program has not yet become itself.
@Suite("Programs", .serialized)
enum ProgramTests {}
