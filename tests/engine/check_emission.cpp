#include <algorithm>
#include <map>

#include "tests/engine/comparison_checks.hpp"
#include "tests/oracle/context_oracle.hpp"
#include "tests/workload/otlp_reader.hpp"
#include "tests/workload/otlp_writer.hpp"

namespace entail::engine_test {
namespace {

using workload::Attribute;
using workload::Attributes;
using workload::Span;

// Spans with equal bytes may occur several times, so spans are compared as a multiset of texts.
using Multiset = std::map<std::string, int>;

// Removes the attributes with this prefix from the list.
Attributes take_out(Attributes& attributes, const std::string& prefix) {
  Attributes out;
  for (const Attribute& attribute : attributes)
    if (attribute.key.starts_with(prefix)) out.push_back(attribute);
  std::erase_if(attributes, [&](const Attribute& attribute) { return attribute.key.starts_with(prefix); });
  return out;
}

std::string text(const workload::Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* string = std::get_if<std::string>(&value)) return "'" + *string + "'";
  std::string out = "[";
  if (const auto* list = std::get_if<std::vector<std::string>>(&value))
    for (const std::string& element : *list) out += element + " ";
  return out + "]";
}
std::string text(Attributes attributes) {
  std::sort(attributes.begin(), attributes.end(), [](const Attribute& a, const Attribute& b) { return a.key < b.key; });
  std::string out;
  for (const Attribute& attribute : attributes) out += attribute.key + "=" + text(attribute.value) + " ";
  return out;
}

std::string text(const Span& span, const Attributes& truncation, const Attributes& resource) {
  std::string out = "trace " + workload::hex_of(span.trace_id) + " span " + workload::hex_of(span.span_id) +
                    " state '" + span.trace_state + "' dropped " + std::to_string(span.dropped_links_count) + " links";
  for (const workload::Link& link : span.links)
    out += " " + workload::hex_of(link.trace_id) + "/" + workload::hex_of(link.span_id) + "{" + text(link.attributes) +
           "}";
  return out + " attributes " + text(truncation) + " resource " + text(resource) + " bytes " +
         workload::hex_of(encode_span(span));
}

void add_stratum(Attributes& out, const std::string& name, const oracle::Stratum& stratum) {
  out.push_back({"entail.links." + name + ".received", static_cast<std::int64_t>(stratum.received)});
  out.push_back({"entail.links." + name + ".emitted", static_cast<std::int64_t>(stratum.emitted)});
}

Attributes truncation_of(const oracle::EmittedSpan& emitted, const Options& options) {
  if (options.links.attributes == SpanAttributes::none) return {};
  const oracle::TruncatedLinks& truncated = *emitted.truncated;
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  Attributes out = {{"entail.links.received", number(truncated.received)},
                    {"entail.links.emitted", number(truncated.emitted.size())},
                    {"entail.links.dropped", number(truncated.received - truncated.emitted.size())},
                    {"entail.links.dropped_upstream", number(emitted.span->dropped_links_count)},
                    {"entail.links.malformed", number(truncated.malformed)},
                    {"entail.links.duplicates", number(truncated.duplicates)},
                    {"entail.links.algorithm", std::string("bottom-k/1")},
                    {"entail.links.seed", number(options.links.sample.seed)}};
  add_stratum(out, "pinned", truncated.pinned);
  add_stratum(out, "open", truncated.open);
  add_stratum(out, "closed", truncated.closed);
  if (!truncated.threshold_uniform.empty())
    out.push_back({"entail.links.threshold.uniform", truncated.threshold_uniform});
  if (!truncated.threshold_consistent.empty())
    out.push_back({"entail.links.threshold.consistent", truncated.threshold_consistent});
  return out;
}

std::string expected_text(const oracle::EmittedSpan& emitted, const Options& options, bool compare_state) {
  Span span = *emitted.span;
  span.trace_state = compare_state ? emitted.trace_state : "";
  span.dropped_links_count = emitted.dropped_links_count;
  span.parent_span_id = emitted.parent_span_id;
  for (workload::Link& link : span.links) {
    link.trace_id = oracle::emitted_id(link.trace_id, 16);
    link.span_id = oracle::emitted_id(link.span_id, 8);
  }
  if (!emitted.truncated) return text(span, {}, *emitted.resource);
  std::vector<workload::Link> links;
  for (const std::size_t index : emitted.truncated->emitted) {
    workload::Link link = span.links[index];
    if (emitted.truncated->restored.contains(index)) {
      link = {};
      link.trace_id = span.links[index].trace_id;
      link.span_id = span.links[index].span_id;
      link.attributes = {{"entail.link.restored", true}};
    }
    links.push_back(link);
  }
  span.links = std::move(links);
  return text(span, truncation_of(emitted, options), *emitted.resource);
}

std::string expected_reason(const DecisionRecord& record) {
  Attributes out = {{"entail.keep.reason", std::string(record.reason)}};
  if (!record.policy.empty()) out.push_back({"entail.keep.policy", std::string(record.policy)});
  if (record.origin_trace_id) out.push_back({"entail.keep.origin_trace_id", to_hex(*record.origin_trace_id)});
  static constexpr const char* kDirections[] = {"", "linked", "linking", "mixed"};
  if (record.direction != Direction::none)
    out.push_back({"entail.keep.direction", std::string(kDirections[static_cast<int>(record.direction)])});
  if (record.hops) out.push_back({"entail.keep.hops", static_cast<std::int64_t>(*record.hops)});
  std::vector<std::string> path;
  for (const TraceId id : record.path) path.push_back(to_hex(id));
  if (!path.empty()) out.push_back({"entail.keep.path", path});
  return text(out);
}

// `consistent` may raise th, which the oracle does not model; the emission tests cover it.
bool compares_state(const Options& options) {
  return options.probability == Probability::collector && !oracle::chance_may_spread(options);
}

void diff(const Multiset& expected, const Multiset& got, const std::string& what, Differences& out) {
  for (const auto& [key, count] : expected)
    if (const auto found = got.find(key); found == got.end() || found->second != count)
      out.push_back("missing " + what + ": " + key);
  for (const auto& [key, count] : got)
    if (const auto found = expected.find(key); found == expected.end() || found->second != count)
      out.push_back("unexpected " + what + ": " + key);
}

}  // namespace

void check_emission(const std::vector<oracle::EmittedSpan>& expected,
                    const std::vector<std::vector<std::uint8_t>>& batches, const std::vector<DecisionRecord>& decisions,
                    const Options& options, Differences& out) {
  const bool compare_state = compares_state(options);
  std::map<std::string, const DecisionRecord*> records;
  for (const DecisionRecord& record : decisions) records[oracle::bytes_of(record.trace_id)] = &record;
  Multiset wanted, wanted_reasons, got, got_reasons;
  for (const oracle::EmittedSpan& emitted : expected) {
    ++wanted[expected_text(emitted, options, compare_state)];
    if (!emitted.carries_reason || options.links.attributes != SpanAttributes::all) continue;
    const auto record = records.find(emitted.span->trace_id);
    const std::string reason = record == records.end() ? "no record" : expected_reason(*record->second);
    ++wanted_reasons[workload::hex_of(emitted.span->trace_id + emitted.span->span_id) + " " + reason];
  }
  for (const auto& batch : batches) {
    workload::Request request;
    if (!workload::decode({reinterpret_cast<const char*>(batch.data()), batch.size()}, request))
      out.push_back("an emitted batch does not parse");
    for (workload::SpanGroup& group : request.groups) {
      for (Span& span : group.spans) {
        const Attributes reason = take_out(span.attributes, "entail.keep.");
        const Attributes truncation = take_out(span.attributes, "entail.links.");
        if (!compare_state) span.trace_state.clear();
        ++got[text(span, truncation, group.resource)];
        if (!reason.empty()) ++got_reasons[workload::hex_of(span.trace_id + span.span_id) + " " + text(reason)];
      }
    }
  }
  diff(wanted, got, "emitted span", out);
  diff(wanted_reasons, got_reasons, "reason", out);
}

}  // namespace entail::engine_test
