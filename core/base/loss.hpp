// Losses: everything not done that a user could miss, each with a name, a severity and a help text (one table; metrics,
// the summary, the docs and the decision log take their names from it). Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <string_view>

namespace entail::base {

// X(enumerator, severity, help)
#define ENTAIL_LOSS_TABLE(X)                                                                                        \
  X(keep_after_seal, warning,                                                                                       \
    "traces that a keep reached after they were sealed: their spans are gone, the chain is broken there")           \
  X(keep_refused, info, "traces that a keep reached, but a drop policy of their own refused it")                    \
  X(late_origin, warning, "spans that came after their trace was sealed, and would have made an origin of it")      \
  X(late_pin, warning, "links cut from an emitted span whose target became an origin only later")                   \
  X(evicted, error,                                                                                                 \
    "traces dropped early, or sealed before their retention ended, because memory_limit or retain.max_bytes was "   \
    "spent")                                                                                                        \
  X(records_forgotten, warning,                                                                                     \
    "records of traces forgotten before retain.records was over, because memory_limit was spent")                   \
  X(max_links_followed, warning,                                                                                    \
    "neighbours that a trace did not carry a keep to, because max_links_followed was spent")                        \
  X(max_traces_per_origin, warning,                                                                                 \
    "traces that a keep reached but that were not kept, because their origin had max_traces_per_origin already")    \
  X(max_propagated_bytes_per_second, warning,                                                                       \
    "traces that a keep reached but that were not kept in time, because max_propagated_bytes_per_second was spent") \
  X(no_room, warning, "requests that found no room and were not taken in; the host ticks and tries again")          \
  X(too_large, error, "requests refused because they need more than a quarter of memory_limit")                     \
  X(out_of_memory, error, "spans not stored because the system had no memory left")                                 \
  X(bad_hex, warning, "spans and links refused: an ID is not hexadecimal")                                          \
  X(wrong_length, warning, "spans and links refused: an ID has the wrong length")                                   \
  X(all_zero, warning, "spans and links refused: an ID is all zero")                                                \
  X(bad_tracestate, info, "links whose tracestate does not parse; it is passed on and the link is followed")        \
  X(policy_error, warning,                                                                                          \
    "OTTL conditions that could not be evaluated on a span or event; error_mode says what follows (silent: "        \
    "uncounted)")                                                                                                   \
  X(json_value, warning,                                                                                            \
    "JSON values that protobuf cannot hold, dropped alone; texts that JSON cannot hold, printed with U+FFFD")       \
  X(edge_types, info, "links of more types than can be looked up; the rest of their types was not read")            \
  X(context_expired, info, "stored contexts that nobody asked for before their time to live was over")              \
  X(context_evicted, warning, "stored contexts that made room for later ones: a ContextStore was full")             \
  X(unknown_field, info, "fields that OTLP does not know: passed over in JSON, or not printed as JSON")

enum class Loss : std::uint8_t {
#define ENTAIL_LOSS_ENUM(name, severity, help) name,
  ENTAIL_LOSS_TABLE(ENTAIL_LOSS_ENUM)
#undef ENTAIL_LOSS_ENUM
      none,  // keep last: also the number of losses
};
constexpr unsigned kLossCount = static_cast<unsigned>(Loss::none);

// The name; empty for none.
std::string_view loss_name(Loss loss) noexcept;

}  // namespace entail::base
