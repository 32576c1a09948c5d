// The loss table: everything that Entail can lose or skip, with name, severity and help text. Metrics, the summary, the
// docs and the decision log use these names. Thread rule: Immutable.
#pragma once

#include <cstdint>
#include <string_view>

namespace entail::base {

// X(enumerator, severity, help)
#define ENTAIL_LOSS_TABLE(X)                                                                                         \
  X(keep_after_seal, warning,                                                                                        \
    "traces that were to be kept over links after their spans were released: the chain is broken there")             \
  X(keep_refused, info, "traces linked to a kept one within the limits, but dropped by a drop policy of their own")  \
  X(late_origin, warning, "spans that arrived after their trace was sealed and would have made it an origin")        \
  X(late_pin, warning, "links removed from a truncated span whose target became an origin later")                    \
  X(evicted, error,                                                                                                  \
    "traces dropped before decision_wait ended, or whose retained spans were released before retain.window "         \
    "ended, because memory_limit or a limit of retain was reached")                                                  \
  X(records_forgotten, warning,                                                                                      \
    "records of traces forgotten before retain.records ended, because memory_limit was reached or is too small for " \
    "so many traces")                                                                                                \
  X(max_links_followed, warning, "linked traces that were not followed, because max_links_followed was reached")     \
  X(max_traces_per_origin, warning,                                                                                  \
    "traces within the hop limits that were not kept, because their origin had reached max_traces_per_origin")       \
  X(max_propagated_bytes_per_second, warning,                                                                        \
    "traces within the hop limits that were not kept, because max_propagated_bytes_per_second was used up")          \
  X(no_room, warning,                                                                                                \
    "requests not accepted for lack of room; the caller ticks and tries again, so nothing is lost by them")          \
  X(output_full, error,                                                                                              \
    "kept spans not delivered because the sink did not accept output and no room was left to keep it")               \
  X(too_large, error, "requests rejected because they can never fit into memory_limit")                              \
  X(trace_too_large, warning, "traces dropped at once because they were larger than maximum_trace_size_bytes")       \
  X(out_of_memory, error, "spans not stored because the system was out of memory")                                   \
  X(bad_hex, warning, "spans rejected and links not followed: an ID is not hexadecimal")                             \
  X(wrong_length, warning, "spans rejected and links not followed: an ID has the wrong length")                      \
  X(all_zero, warning, "spans rejected and links not followed: an ID is all zeros")                                  \
  X(bad_parent, warning, "spans emitted without their parent span ID: it was not 8 bytes long, or not hexadecimal")  \
  X(bad_tracestate, info,                                                                                            \
    "links whose tracestate does not parse; the link is followed, the tracestate emitted unchanged")                 \
  X(policy_error, warning,                                                                                           \
    "OTTL conditions that could not be evaluated on a span or event (not counted with error_mode: silent)")          \
  X(json_value, warning,                                                                                             \
    "JSON values of the wrong type, replaced by a later one, or that protobuf cannot represent: dropped")            \
  X(repaired_value, warning,                                                                                         \
    "values of kept spans that strict readers reject, as entail sample writes them: text that is not UTF-8 with "    \
    "U+FFFD; fields of another wire type, nested too deep or not protobuf inside left out")                          \
  X(edge_types, info, "links with more types than are examined; their other types were ignored")                     \
  X(context_expired, info, "stored contexts that expired before they were used")                                     \
  X(context_evicted, warning, "stored contexts evicted because a ContextStore was full")                             \
  X(unknown_field, info, "fields that are not part of OTLP: ignored in JSON input, or not written as JSON")          \
  X(clock_outlier, warning,                                                                                          \
    "requests with an end time beyond --clock-max, or more than an hour ahead: they did not move the clock of "      \
    "entail sample")

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
