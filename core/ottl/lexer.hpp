// The words of an OTTL condition. Thread rule: Confined. Cost: linear in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "entail/result.hpp"

namespace entail::ottl {

// What is wrong with a condition, and at which byte. The caller words the suggestion: `word` is what was found there,
// `candidates` what could stand there instead; both empty if the text says it all.
struct Fault {
  std::size_t offset = 0;
  std::string text;
  std::string word;
  std::vector<std::string_view> candidates;
};

struct Token {
  enum class Kind : std::uint8_t { end, name, text, whole, floating, bytes, symbol };
  Kind kind = Kind::end;
  std::size_t offset = 0;  // in the condition
  std::size_t size = 0;
  std::string value;  // name, whole, floating and symbol: as written; text: without quotes and escapes; bytes: decoded
};

// Fails at the first byte that begins no word. The last token is of the kind end.
Result<std::vector<Token>, Fault> lex(std::string_view condition);

}  // namespace entail::ottl
