// What came in of each trace, by service, and what one or two configurations decided about it.
//
// Bytes are those of Span messages, as received: without the tag and length in front, and without the resource and
// scope that they share with others. Sums over traces and over services are therefore equal, and add up over
// configurations.
//
// Conservation: received = the sum over all traces + untracked; a trace's spans and bytes = the sum over its parts.
//
// Thread rule: Confined. Memory: 64 bytes and a slot of 5 to 11 for each trace, 24 bytes for each service in it; at
// most `traces_max` traces and three times as many parts. Spans of further traces are untracked; services for which
// there is no part left count as another one of the same trace.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entail/entail.hpp"
#include "name_table.hpp"

namespace entail::cli {

struct Amount {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t bytes = 0;
  void add(const Amount& more) noexcept {
    traces += more.traces;
    spans += more.spans;
    bytes += more.bytes;
  }
  auto operator<=>(const Amount&) const = default;
};

class TraceLedger final : public RequestVisitor {
 public:
  static constexpr std::size_t kConfigs = 2;
  static constexpr std::size_t kTracesMax = std::size_t{1} << 22;
  static constexpr std::size_t kServicesMax = 1024;
  static constexpr std::size_t kPoliciesMax = 4096;

  // The latest record of a configuration. Once kept, a trace stays kept, also if its ID comes back after the engine
  // forgot it: what was written is written.
  struct Decision {
    std::uint16_t policy = 0;  // of policies(); 0 = none
    std::uint8_t reason = 0;   // of reasons(); 0 = no record
    std::uint8_t hops = 0;
    Direction direction = Direction::none;
    bool kept = false;
  };
  struct Trace {
    TraceId id;
    std::uint64_t bytes = 0;
    std::array<std::uint64_t, kConfigs> written_bytes = {};  // of its spans in the output
    std::uint32_t spans = 0;
    std::uint32_t first_part = 0;
    std::array<Decision, kConfigs> decisions;
    std::uint16_t service = 0;  // of its root span; of its first span while there is none
    bool has_root = false;
    Amount amount() const noexcept { return {1, spans, bytes}; }
  };
  // What a service has in a trace.
  struct Part {
    std::uint64_t bytes = 0;
    std::uint32_t spans = 0;
    std::uint32_t next = 0;  // 0 = the last one
    std::uint16_t service = 0;
  };

  explicit TraceLedger(std::size_t traces_max = kTracesMax);

  // Takes in a request that an engine took in.
  void add(const Request& request);
  // Takes in a decision of configuration 0 or 1.
  void decide(std::size_t config, const DecisionRecord& record);
  // Spans of a trace were written, with so many bytes.
  void write(std::size_t config, TraceId trace_id, std::uint64_t bytes);
  std::uint16_t service_number(std::string_view service) { return services_.number(service); }

  std::span<const Trace> traces() const noexcept { return traces_; }
  // Calls each(part) for every service of the trace.
  template <class Each>
  void for_each_part(const Trace& trace, const Each& each) const {
    for (std::uint32_t at = trace.first_part; at != 0; at = parts_[at].next) each(parts_[at]);
  }

  const NameTable& services() const noexcept { return services_; }
  const NameTable& policies() const noexcept { return policies_; }
  const NameTable& reasons() const noexcept { return reasons_; }

  const Amount& received() const noexcept { return received_; }    // `traces` as far as tracked
  const Amount& rejected() const noexcept { return rejected_; }    // spans with an invalid ID: not in `received`
  const Amount& untracked() const noexcept { return untracked_; }  // spans and bytes of traces beyond the bound
  // Requests with their resources and scopes.
  std::uint64_t message_bytes() const noexcept { return message_bytes_; }

  void on_span(const SpanInfo& span) override;
  void on_link(const SpanInfo&, const LinkInfo&) override {}

 private:
  static_assert(sizeof(Decision) == 6);
  Trace* find(TraceId id) noexcept;
  Trace* find_or_add(TraceId id);
  void grow_slots();
  std::size_t slot_of(TraceId id) const noexcept;
  Part& part_of(Trace& trace, std::uint16_t service);

  std::size_t traces_max_;
  std::vector<Trace> traces_;
  std::vector<Part> parts_;           // [0] is unused
  std::vector<std::uint32_t> slots_;  // index + 1 into traces_; 0 = empty. Open addressing, a power of two
  NameTable services_{kServicesMax};
  NameTable policies_{kPoliciesMax};
  NameTable reasons_{32};
  Amount received_, rejected_, untracked_;
  std::uint64_t message_bytes_ = 0;
};

}  // namespace entail::cli
