// Go's fmt.Sprintf, as far as conditions need it: %v %+v %d %s %q %t %f %e %g %x %X %o %b %c %U %T with flags, width
// and precision, of texts, numbers, booleans, nil, times, durations, IDs and bytes; lists and maps with %v. Thread
// rule: Immutable (free functions only).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ottl/value.hpp"

namespace entail::ottl {

struct FormatVerb {
  char letter = '\0';  // none: the end
  bool plus = false;
  bool minus = false;
  bool space = false;
  bool zero = false;
  bool sharp = false;
  std::optional<int> width;
  std::optional<int> precision;
};

struct FormatPart {
  std::string literal;  // comes first
  FormatVerb verb;
};

// What is not supported; empty if nothing.
std::string parse_format(std::string_view format, std::vector<FormatPart>& parts);

// False for a value that a verb of this program cannot write.
bool append_formatted(std::span<const FormatPart> parts, std::span<const Value> values, std::string& out);

}  // namespace entail::ottl
