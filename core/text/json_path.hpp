// The place of a value in a JSON text, for messages. Thread rule: Immutable (a free function). Cost: one pass over the
// text up to the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace entail::text {

// The path of the value that begins at `offset`: "resourceSpans[0].scopeSpans", empty for the whole text. Escapes in
// keys are not resolved; a long key is cut. REQUIRES JSON up to the value.
std::string json_path(std::string_view text, std::uint64_t offset);

}  // namespace entail::text
