import Dashboard
import Foundation
import Testing

@testable import Terminal

@Suite("Mailbox") struct MailboxTests {
  @Test("of the grids not yet shown, the last is kept")
  func lastGrid() throws {
    let mailbox = try Mailbox()
    for width in 1...3 { mailbox.post { $0.grid = Grid(width: width, height: 1) } }
    #expect(mailbox.take().grid?.width == 3)
    #expect(mailbox.take().grid == nil)
  }

  @Test("commands come in order, each once, and do not pile up")
  func commands() throws {
    let mailbox = try Mailbox()
    mailbox.post { $0.commands.append(.title("first")) }
    mailbox.post { $0.commands.append(.bell) }
    #expect(mailbox.take().commands == [.title("first"), .bell])
    #expect(mailbox.take().commands == [])
    for _ in 0..<1000 { mailbox.post { $0.commands.append(.bell) } }
    #expect(mailbox.take().commands.count == Mailbox.commandsMax)
  }

  @Test("signals and posts share the pipe, and only signals are returned")
  func signals() throws {
    let mailbox = try Mailbox()
    mailbox.post { $0.isClosing = true }
    var bytes = [UInt8(SIGWINCH), UInt8(SIGTERM)]
    #expect(write(mailbox.writeEnd, &bytes, 2) == 2)
    #expect(mailbox.signals() == [SIGWINCH, SIGTERM])
    #expect(mailbox.signals() == [])
    #expect(mailbox.take().isClosing)
  }

  @Test("a full pipe does not block a post")
  func fullPipe() throws {
    let mailbox = try Mailbox()
    for _ in 0..<100_000 { mailbox.post { $0.isClosing = true } }
    #expect(mailbox.signals() == [])
  }
}
