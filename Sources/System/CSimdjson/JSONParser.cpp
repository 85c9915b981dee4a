#include "JSONParser.hpp"

#include <cstring>

namespace hydra {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The end of the number that begins at `at` by the grammar of RFC 8259, or `at` if none does.
size_t number_end(const char *s, size_t at, size_t end) {
  size_t i = at;
  if (i < end && s[i] == '-') i++;
  if (i >= end || !is_digit(s[i])) return at;
  if (s[i] == '0') {
    i++;
  } else {
    while (i < end && is_digit(s[i])) i++;
  }
  if (i < end && s[i] == '.') {
    size_t digits = ++i;
    while (i < end && is_digit(s[i])) i++;
    if (i == digits) return at;
  }
  if (i < end && (s[i] == 'e' || s[i] == 'E')) {
    i++;
    if (i < end && (s[i] == '+' || s[i] == '-')) i++;
    size_t digits = i;
    while (i < end && is_digit(s[i])) i++;
    if (i == digits) return at;
  }
  return i;
}

// Whether simdjson may refuse the number: an integer beyond 64 bits, or one with a huge exponent. An
// integer that an event id can be is never among them.
bool may_be_refused(const char *number, size_t length) {
  static const char highest[] = "18446744073709551615";
  for (size_t i = 1; i < length; i++) {
    if (!is_digit(number[i])) return true;
  }
  if (number[0] == '-') return length > 19;
  return length > 20 || (length == 20 && memcmp(number, highest, 20) > 0);
}

// simdjson refuses numbers beyond 64 bits; a datum may hold integers of any size. So those that are
// numbers by the grammar and may be refused (each has three characters at least) become 0.0, which
// is not an event id, and blanks of the same length: the rest of the text is validated unchanged.
void mask_large_numbers(std::string &text) {
  char *s = text.data();
  const size_t end = text.size();
  size_t i = 0;
  while (i < end) {
    if (s[i] == '"') {
      for (i++; i < end && s[i] != '"'; i++) {
        if (s[i] == '\\') i++;
      }
      i++;
    } else if (s[i] == '-' || is_digit(s[i])) {
      size_t stop = number_end(s, i, end);
      // 1-10000000000000000000000 is not a number, though its second part alone would be one.
      const bool is_followed = stop < end && memchr(",]} \t\r\n", s[stop], 6) == nullptr;
      if (stop == i || is_followed) return;
      if (may_be_refused(s + i, stop - i)) {
        memcpy(s + i, "0.0", 3);
        memset(s + i + 3, ' ', stop - i - 3);
      }
      i = stop;
    } else {
      i++;
    }
  }
}

}  // namespace

simdjson::error_code JSONParser::parse(const char *bytes, size_t length, bool is_padded,
                                       simdjson::dom::element &root) {
  auto error = parser_->parse(bytes, length, !is_padded).get(root);
  if (error != simdjson::NUMBER_ERROR) return error;
  masked_.reserve(length + HYDRA_JSON_PADDING);
  masked_.assign(bytes, length);
  mask_large_numbers(masked_);
  return parser_->parse(masked_.data(), length, false).get(root);
}

void JSONParser::shrink() {
  if (masked_.capacity() > usual_length) std::string().swap(masked_);
  if (parser_->capacity() > usual_length) parser_.reset(new simdjson::dom::parser());
}

}  // namespace hydra
