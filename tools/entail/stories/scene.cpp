#include "stories/scene.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kNamedRolesMax = 64;
constexpr std::int64_t kFixedEndNs = 900'000'000;  // within its second, of a span with a given duration

}  // namespace

Role Scene::nameless_role() {
  Role role;
  role.index = role_count_++;
  role.trace_id = teller_.random.trace_id(role.index);
  return role;
}

Role Scene::role(std::string name) {
  Role role = nameless_role();
  if (expectation_.named_traces.size() < kNamedRolesMax) {
    role.name_index = expectation_.named_traces.size();
    expectation_.named_traces.push_back({std::move(name), role.trace_id, false});
  }
  return role;
}

std::uint32_t Scene::begin(Role& role, const Act& act) {
  // A request that straddled two seconds would arrive later than the story says.
  if (act.second != second_) teller_.flush();
  second_ = act.second;
  const SpanId parent = role.span_count == 0 ? SpanId{} : span_id_of(teller_.random, role, 0);
  SpanFacts facts =
      teller_.span(role.trace_id, span_id_of(teller_.random, role, role.span_count), parent, act.name, act.second);
  facts.kind = static_cast<std::uint32_t>(act.kind);
  facts.error = act.status == Status::error;
  if (!act.message.empty()) facts.message = act.message;
  if (act.duration_ms != 0) {
    facts.end_ns += kFixedEndNs - facts.end_ns % kNanosPerSecond;
    facts.start_ns = facts.end_ns - static_cast<std::int64_t>(act.duration_ms) * 1'000'000;
  }
  teller_.requests.begin_span(facts);
  service_ = act.service;
  if (role.span_count == 0) {
    ++expectation_.traces;
    if (role.name_index < expectation_.named_traces.size()) expectation_.named_traces[role.name_index].came = true;
  }
  return role.span_count++;
}

void Scene::link(const Role& to, std::string_view type, std::string_view relationship,
                 std::initializer_list<LinkFact> facts, std::uint32_t span) {
  RequestWriter& requests = teller_.requests;
  requests.begin_link(to.trace_id, span_id_of(teller_.random, to, span));
  requests.link_attribute(link_key::kType, type);
  requests.link_attribute(link_key::kRelationship, relationship);
  for (const LinkFact& fact : facts) {
    if (fact.is_number) {
      requests.link_attribute(fact.key, fact.number);
    } else {
      requests.link_attribute(fact.key, fact.text);
    }
  }
  requests.end_link();
  ++expectation_.links;
}

void Scene::end() {
  teller_.requests.end_span(service_);
  teller_.flush_if_full();
}

void Scene::bystander(std::uint64_t second) {
  Role healthy = nameless_role();
  tell(healthy, {.service = "bystander", .name = "health check", .second = second});
}

}  // namespace entail::cli
