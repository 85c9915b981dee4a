import CardanoLedger
import Testing

@Suite struct TransactionBodyTests {
  @Test("inputs and outputs are counted, in a set or a list, of known and of unknown length")
  func counts() {
    // [{0: [1, 2], 1: ["a", "b", "c"]}, {}, true, null]
    let plain = TransactionBody(hex: "84a2008201020183616161626163a0f5f6")
    #expect(plain?.inputs == 2)
    #expect(plain?.outputs == 3)
    // The inputs in tag 258, the outputs in a list that a break ends, a fee between them.
    let tagged = TransactionBody(hex: "84a300d90102810102190100019f61616162ffa0f5f6")
    #expect(tagged?.inputs == 1)
    #expect(tagged?.outputs == 2)
  }

  @Test(
    "anything but a transaction has no counts, and a count beyond the bytes is refused",
    arguments: [
      "", "8", "zz", "00", "84", "84a2009b7fffffffffffffff01", "84a1008101", "a0", "84bf",
      "84a200bf",
    ])
  func nonsense(hex: String) {
    #expect(TransactionBody(hex: hex) == nil)
  }
}
