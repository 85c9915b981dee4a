import CardanoLedger
import Testing

/// The vectors are those of CIP-19.
@Suite struct PaymentAddressTests {
  @Test(
    "the addresses of outputs on mainnet and on a test network",
    arguments: [
      (
        "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x",
        0x01, 57
      ),
      (
        "addr1z8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gten0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgs9yc0hh",
        0x11, 57
      ),
      (
        "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k",
        0x41, 35
      ),
      ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", 0x61, 29),
      ("addr_test1vz2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerspjrlsz", 0x60, 29),
      ("ADDR1VX2FXV2UMYHTTKXYXP8X0DLPDT3K6CWNG5PXJ3JHSYDZERS66HRL8", 0x61, 29),
    ])
  func addresses(text: String, header: UInt8, count: Int) throws {
    let address = try PaymentAddress(text)
    #expect(address.bytes.first == header)
    #expect(address.bytes.count == count)
  }

  @Test(
    "anything else is refused with what is wrong and what is expected",
    arguments: [
      ("stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw", "a stake address is in no"),
      ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl9", "checksum"),
      ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl", "checksum"),
      ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzerS66hrl8", "both cases"),
      ("addr1", "in Bech32"), ("nonsense", "expected a payment address"), ("", "expected"),
      (
        "37btjrVyb4KDXBNC4haBVPCrro8AQPHwvCMp3RFhhSVWwfFmZ6wwzSK6JK1hY6wHNmtrpTf1kdbva8TCneM2YsiXT7mrzT21EacHnPpz5YyUdj64na",
        "expected a payment address"
      ),
      ("a12uel5l", "found the prefix a"),
    ])
  func refused(text: String, words: String) {
    do {
      _ = try PaymentAddress(text)
      Issue.record("\(text) is no payment address")
    } catch {
      #expect(error.sentence.contains(words), "\(error.sentence)")
    }
  }
}
