#include "LineIndex.hpp"

#include <cstring>

namespace hydra {

namespace {

// How far beyond the last character of an index a step may look.
constexpr size_t steps_ahead = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What can follow a number or a word.
bool is_end(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

template <size_t size>
bool begins(const char *text, const char (&word)[size]) {
  return memcmp(text, word, size - 1) == 0;
}

}  // namespace

bool LineIndex::index(const char *bytes, size_t length) {
  static_assert(length_max % 64 == 0, "the index has more room than characters");
  if (length == 0 || length >= length_max) return false;
  if (!parser_.implementation && parser_.allocate(length_max)) return false;
  auto &stage = *parser_.implementation;
  auto text = reinterpret_cast<const uint8_t *>(bytes);
  if (stage.stage1(text, length, simdjson::stage1_mode::regular)) return false;
  bytes_ = bytes;
  length_ = length;
  places_ = stage.structural_indexes.get();
  count_ = stage.n_structural_indexes;
  next_ = 0;
  backslash_ = backslash_from(0);
  for (size_t i = 0; i < steps_ahead; i++) places_[count_ + i] = 0;
  return true;
}

bool LineIndex::read(size_t from, size_t end, EventMembers &event) {
  while (next_ < count_ && places_[next_] < from) next_++;
  if (next_ == count_ || at(next_) != '{') return false;
  if (backslash_ < from) backslash_ = backslash_from(from);
  if (backslash_ < end) return false;
  bool has_id = false, has_change = false, saw_time = false;
  // Of several members with one key the first counts.
  const size_t after = object_end(next_, [&](const char *key, size_t value) -> size_t {
    if (!has_id && begins(key, "eventId\"")) {
      has_id = true;
      return is_integer(bytes_ + places_[value], &event.id) ? value + 1 : 0;
    }
    if (!has_change && begins(key, "stateChanged\"")) {
      has_change = true;
      if (at(value) != '{') return value_end(value);
      bool saw_tag = false;
      return object_end(value, [&](const char *key, size_t value) {
        if (!saw_tag && begins(key, "tag\"")) {
          saw_tag = true;
          if (at(value) == '"') event.tag = string(value);
        }
        return value_end(value);
      });
    }
    if (!saw_time && begins(key, "time\"")) {
      saw_time = true;
      if (at(value) == '"') event.time = string(value);
    }
    return value_end(value);
  });
  // All of the line is the object, and all of the object is on the line.
  if (after == 0 || places_[after - 1] >= end) return false;
  if (after < count_ && places_[after] < end) return false;
  next_ = after;
  return has_id && has_change;
}

// `member_end` takes the text of a member's key, after its quote, and where its value is.
template <typename Member>
size_t LineIndex::object_end(size_t i, Member member_end) const {
  if (at(i + 1) == '}') return i + 2;
  while (i < count_) {
    if (at(i + 1) != '"' || at(i + 2) != ':') return 0;
    const size_t end = member_end(bytes_ + places_[i + 1] + 1, i + 3);
    if (end == 0 || end >= count_) return 0;
    if (at(end) == '}') return end + 1;
    if (at(end) != ',') return 0;
    i = end;
  }
  return 0;
}

size_t LineIndex::value_end(size_t i) const {
  // Of the containers that are open a bit each, the innermost last: whether it is an object.
  uint64_t objects = 0;
  int depth = 0;
  while (i < count_) {
    bool is_member = false;
    const char first = at(i++);
    if (first == '{' || first == '[') {
      is_member = first == '{';
      if (at(i) == (is_member ? '}' : ']')) {
        is_member = false;
        i++;
      } else {
        if (++depth > 64) return 0;
        objects = objects << 1 | (is_member ? 1 : 0);
        if (!is_member) continue;
      }
    } else if (first != '"' && !is_scalar(bytes_ + places_[i - 1])) {
      return 0;
    }
    while (!is_member) {
      if (depth == 0) return i;
      if (i >= count_) return 0;
      const char c = at(i++);
      if (c == ',') {
        if ((objects & 1) == 0) break;
        is_member = true;
      } else if (c == (objects & 1 ? '}' : ']')) {
        objects >>= 1;
        depth--;
      } else {
        return 0;
      }
    }
    if (!is_member) continue;
    if (at(i) != '"' || at(i + 1) != ':') return 0;
    i += 2;
  }
  return 0;
}

bool LineIndex::is_scalar(const char *text) const {
  switch (*text) {
    case 't': return begins(text, "true") && is_end(text[4]);
    case 'f': return begins(text, "false") && is_end(text[5]);
    case 'n': return begins(text, "null") && is_end(text[4]);
    case '-': return is_integer(text + 1, nullptr);
    default: return is_integer(text, nullptr);
  }
}

bool LineIndex::is_integer(const char *text, uint64_t *value) const {
  // So many digits are never too large a number.
  constexpr size_t digits_max = 18;
  uint64_t number = 0;
  size_t count = 0;
  while (count <= digits_max && is_digit(text[count])) {
    number = number * 10 + uint64_t(text[count++] - '0');
  }
  if (count == 0 || count > digits_max || !is_end(text[count])) return false;
  if (count > 1 && text[0] == '0') return false;
  if (value != nullptr) *value = number;
  return true;
}

size_t LineIndex::backslash_from(size_t from) const {
  auto found = static_cast<const char *>(memchr(bytes_ + from, '\\', length_ - from));
  return found == nullptr ? length_ : size_t(found - bytes_);
}

// The string at `i` of a text without backslashes.
std::string_view LineIndex::string(size_t i) const {
  const size_t start = places_[i] + 1;
  auto quote = static_cast<const char *>(memchr(bytes_ + start, '"', length_ - start));
  return {bytes_ + start, size_t(quote - bytes_) - start};
}

}  // namespace hydra
