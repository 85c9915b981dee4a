// One simdjson parser that accepts each number that JSON allows and gives memory back.

#ifndef HYDRA_JSON_PARSER_HPP
#define HYDRA_JSON_PARSER_HPP

#include <simdjson.h>

#include <memory>
#include <new>
#include <string>

#include "include/CSimdjson.h"

static_assert(simdjson::SIMDJSON_PADDING <= HYDRA_JSON_PADDING, "the buffers' padding suffices");

namespace hydra {

class JSONParser {
 public:
  // The root of bytes[0..<length], valid until the next call. If `is_padded`, the padding after it
  // must be readable; else the text is copied.
  simdjson::error_code parse(const char *bytes, size_t length, bool is_padded,
                             simdjson::dom::element &root);

  // Releases the memory that one unusually long text took. Earlier results are invalid afterwards.
  void shrink();

 private:
  // A parser needs about 14 bytes of address space for each byte of its longest text.
  static constexpr size_t usual_length = 4 << 20;

  std::unique_ptr<simdjson::dom::parser> parser_{new simdjson::dom::parser()};
  std::string masked_;
};

}  // namespace hydra
#endif
