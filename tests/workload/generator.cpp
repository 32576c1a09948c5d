#include "tests/workload/generator.hpp"

#include <algorithm>

#include "tests/workload/otlp_writer.hpp"
#include "tests/workload/random_options.hpp"

namespace entail::workload {
namespace {

ByteString random_bytes(Random& random, std::size_t size) {
  ByteString out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(random.below(256));
  return out;
}

// The overall shape of a workload. Percentages, unless noted otherwise.
struct Shape {
  std::size_t traces = 0;
  std::size_t steps = 0;
  unsigned errors = 8;
  unsigned links = 60;  // of spans that carry links
  std::int64_t links_max = 3;
  unsigned hubs = 20;           // of links that lead to one of the first few traces
  unsigned late = 10;           // of spans that arrive much later than their trace
  unsigned never_comes = 8;     // of traces that are linked to, but have no span
  unsigned bad = 3;             // of IDs that are bad
  unsigned odd_links = 15;      // of links that are duplicates, to the own trace, to nowhere, ...
  bool structured_ids = false;  // small numbers, equal low halves
  int pattern = 0;              // 0 random targets, 1 chain, 2 ring, 3 the next few traces
};

Shape small_shape(Random& random) {
  Shape shape;
  shape.traces = 5 + random.below(56);
  shape.steps = 3 + random.below(22);
  shape.errors = static_cast<unsigned>(random.between(1, 25));
  shape.links = static_cast<unsigned>(random.between(20, 90));
  shape.links_max = random.chance(15) ? 12 : random.between(1, 4);
  shape.hubs = random.chance(50) ? 0 : static_cast<unsigned>(random.between(5, 60));
  shape.late = random.chance(30) ? 0 : static_cast<unsigned>(random.between(3, 40));
  shape.never_comes = random.chance(30) ? 0 : static_cast<unsigned>(random.between(3, 40));
  shape.bad = random.chance(60) ? 0 : static_cast<unsigned>(random.between(1, 10));
  shape.odd_links = random.chance(30) ? 0 : static_cast<unsigned>(random.between(5, 40));
  shape.structured_ids = random.chance(20);
  shape.pattern = static_cast<int>(random.below(4));
  return shape;
}

class Maker {
 public:
  Maker(Random& random, const Shape& shape) : random_(random), shape_(shape) {
    for (std::size_t i = 0; i < shape.traces; ++i) {
      trace_ids_.push_back(shape.structured_ids ? structured_id(i) : random_trace_id(random));
      comes_.push_back(!random.chance(shape.never_comes));
      first_step_.push_back(random.below(shape.steps));
      root_ids_.push_back(random_span_id(random));
    }
  }

  // All spans, by the step in which they arrive, in groups as generated.
  std::vector<std::vector<SpanGroup>> spans() {
    std::vector<std::vector<SpanGroup>> steps(shape_.steps);
    for (std::size_t trace = 0; trace < shape_.traces; ++trace) {
      if (!comes_[trace]) continue;
      const std::int64_t count = random_.chance(30) ? 1 : random_.between(1, 5);
      for (std::int64_t i = 0; i < count; ++i) {
        std::size_t step = first_step_[trace] + (i == 0 ? 0 : random_.below(2));
        if (random_.chance(shape_.late)) step += 2 + random_.below(shape_.steps);
        step = std::min(step, shape_.steps - 1);
        SpanGroup group;
        group.resource = resource();
        group.spans.push_back(span(trace, i == 0));
        if (random_.chance(3)) group.spans.push_back(group.spans.back());
        steps[step].push_back(std::move(group));
      }
    }
    return steps;
  }

 private:
  // Many common bytes, in both halves.
  static ByteString structured_id(std::size_t i) {
    ByteString id(16, '\0');
    id[i % 2 == 0 ? 7 : 15] = static_cast<char>(1 + i / 256);
    id[i % 2 == 0 ? 15 : 7] = static_cast<char>(i + 1);
    if (id[15] == 0) id[14] = 1;
    return id;
  }

  Attributes resource() {
    static const char* const kServices[] = {"checkout", "payment", "cart", "loadgenerator"};
    Attributes out = {{"service.name", std::string(kServices[random_.below(4)])}};
    if (random_.chance(10)) out.push_back({"tier", static_cast<std::int64_t>(random_.below(4))});
    return out;
  }

  std::string trace_state() {
    static const char* const kStates[] = {"ot=th:8",
                                          "ot=th:c;rv:d29d6a7215ced0",
                                          "vendor=x,ot=rv:00000000000abc;th:0",
                                          "tenant=gold",
                                          "tenant=silver, ot=th:4",
                                          "=bad",
                                          "UPPER=1,ot=th:8",
                                          "ot=th:8;th:4",
                                          "a=1,,b=2"};
    return random_.chance(25) ? kStates[random_.below(std::size(kStates))] : "";
  }

  Attributes span_attributes() {
    Attributes out;
    if (random_.chance(30)) out.push_back({"http.status", random_.between(0, 5) * 100});
    if (random_.chance(15)) out.push_back({"score", static_cast<double>(random_.between(-4, 8)) / 4});
    if (random_.chance(30)) out.push_back({"user", "user-" + std::to_string(random_.below(5))});
    if (random_.chance(20)) out.push_back({"cached", random_.chance(50)});
    if (random_.chance(15)) {
      static const char* const kTags[] = {"red", "green", "blue"};
      std::vector<std::string> tags;
      for (std::int64_t i = random_.between(0, 3); i > 0; --i) tags.push_back(kTags[random_.below(3)]);
      out.push_back({"tags", tags});
    }
    return out;
  }

  std::vector<Event> events(const Span& span) {
    static const char* const kTypes[] = {"Timeout", "IoError", "ParseError"};
    std::vector<Event> out;
    for (std::int64_t i = random_.chance(25) ? random_.between(1, 3) : 0; i > 0; --i) {
      Event event;
      event.time_ns = span.start_ns + random_.below(200) * 1'000'000;
      event.name = random_.chance(50) ? "exception" : "retry";
      if (random_.chance(60)) event.attributes.push_back({"exception.type", std::string(kTypes[random_.below(3)])});
      if (random_.chance(30)) event.attributes.push_back({"attempt", random_.between(1, 4)});
      out.push_back(std::move(event));
    }
    return out;
  }

  Span span(std::size_t trace, bool is_root) {
    Span out;
    out.trace_id = trace_ids_[trace];
    out.span_id = is_root ? root_ids_[trace] : random_span_id(random_);
    if (!is_root) out.parent_span_id = random_.chance(80) ? root_ids_[trace] : random_span_id(random_);
    if (is_root && random_.chance(20)) out.parent_span_id = random_span_id(random_);
    if (is_root && random_.chance(10)) out.parent_span_id = ByteString(8, '\0');
    // A parent of the wrong length. Not drawn at random: it must not change anything else a seed generates.
    if (!is_root && out.span_id[0] % 16 == 0) out.parent_span_id.resize(out.span_id[0] % 32 == 0 ? 5 : 16, '\1');
    if (random_.chance(shape_.bad)) spoil(out.trace_id, out.span_id);
    out.name = is_root ? "root" : "child";
    out.start_ns = 1'700'000'000'000'000'000ULL + random_.below(1000) * 1'000'000;
    out.end_ns = out.start_ns + random_.below(400) * 500'000;
    out.flags = static_cast<std::uint32_t>(random_.chance(20) ? 0x101 : 0x100);
    out.status_code = random_.chance(shape_.errors) ? 2 : static_cast<std::uint32_t>(random_.below(2));
    out.trace_state = trace_state();
    out.attributes = span_attributes();
    out.kind = static_cast<std::uint32_t>(random_.below(6));
    out.events = events(out);
    if (random_.chance(5))
      out.dropped_links_count = static_cast<std::uint32_t>(random_.chance(10) ? 0xffffffff : random_.below(1000));
    if (random_.chance(shape_.links))
      for (std::int64_t i = random_.between(1, shape_.links_max); i > 0; --i) add_link(out, trace);
    return out;
  }

  void spoil(ByteString& trace_id, ByteString& span_id) {
    ByteString& id = random_.chance(50) ? trace_id : span_id;
    switch (random_.below(3)) {
      case 0:
        id.clear();
        break;
      case 1:
        id = ByteString(id.size(), '\0');
        break;
      default:
        id += 'x';
        break;
    }
  }

  std::size_t target(std::size_t trace) {
    if (random_.chance(shape_.hubs)) return random_.below(std::min<std::size_t>(3, shape_.traces));
    if (random_.chance(20)) return random_.below(shape_.traces);
    switch (shape_.pattern) {
      case 1:
        return trace + 1 < shape_.traces ? trace + 1 : trace;
      case 2:
        return (trace + 1) % shape_.traces;
      case 3:
        return (trace + 1 + random_.below(4)) % shape_.traces;
      default:
        return random_.below(shape_.traces);
    }
  }

  void add_link(Span& span, std::size_t trace) {
    Link link;
    const std::size_t to = target(trace);
    link.trace_id = trace_ids_[to];
    link.span_id = random_.chance(70) ? root_ids_[to] : random_span_id(random_);
    link.flags = static_cast<std::uint32_t>(random_.chance(30) ? 0x101 : 0x100);
    if (random_.chance(20)) link.trace_state = trace_state();
    if (random_.chance(40)) link.attributes = link_types();
    if (random_.chance(shape_.odd_links)) make_odd(span, link, trace);
    span.links.push_back(link);
    if (random_.chance(shape_.odd_links / 3)) span.links.push_back(link);
  }

  Attributes link_types() {
    static const char* const kKeys[] = {"link.type", "link.relationship", "kind"};
    static const char* const kTypes[] = {"retry_of", "retry-of", "batch_member", "caused-by", "other"};
    Attributes out;
    for (std::size_t i = 0; i < 1 + random_.below(2); ++i)
      out.push_back({kKeys[(random_.below(2) + i) % 3], std::string(kTypes[random_.below(5)])});
    if (random_.chance(5)) out.push_back({"link.type", std::int64_t{7}});
    return out;
  }

  void make_odd(const Span& span, Link& link, std::size_t trace) {
    switch (random_.below(5)) {
      case 0:
        link.trace_id = random_trace_id(random_);
        break;  // dropped by head sampling
      case 1:
        link.trace_id = trace_ids_[trace];
        break;  // to its own trace
      case 2:
        link.span_id = span.span_id.size() == 8 ? span.span_id : link.span_id;
        break;
      case 3:  // a null target, or just zero
        link.trace_state = random_.chance(50) ? "vendor=x" : "";
        (random_.chance(50) ? link.trace_id : link.span_id).assign(random_.chance(50) ? 0 : link.span_id.size(), '\0');
        if (link.trace_id.size() == 8) link.trace_id = ByteString(16, '\0');
        break;
      default:
        link.trace_state.clear();
        spoil(link.trace_id, link.span_id);
        break;
    }
  }

  Random& random_;
  const Shape& shape_;
  std::vector<ByteString> trace_ids_;
  std::vector<ByteString> root_ids_;
  std::vector<bool> comes_;
  std::vector<std::size_t> first_step_;
};

// Shuffles the groups of a step and splits them into requests at random.
std::vector<Request> make_requests(Random& random, std::vector<SpanGroup> groups, std::size_t groups_max) {
  for (std::size_t i = groups.size(); i > 1; --i) std::swap(groups[i - 1], groups[random.below(i)]);
  std::vector<Request> requests;
  for (std::size_t at = 0; at < groups.size();) {
    const std::size_t size = std::min(groups.size() - at, 1 + random.below(groups_max));
    Request request;
    for (const std::size_t end = at + size; at < end; ++at) request.groups.push_back(std::move(groups[at]));
    measure(request);
    requests.push_back(std::move(request));
  }
  if (random.chance(5)) requests.emplace_back();
  return requests;
}

std::vector<Step> make_steps(Random& random, const Shape& shape, std::size_t groups_max, std::int64_t unit_ns) {
  std::vector<std::vector<SpanGroup>> groups = Maker(random, shape).spans();
  std::int64_t now_ns = random.chance(50) ? 0 : 1'700'000'000 * kNanosPerSecond;
  std::vector<Step> steps;
  if (random.chance(70)) steps.push_back({{}, now_ns});
  for (std::vector<SpanGroup>& arriving : groups) {
    if (random.chance(85)) now_ns += random.between(1, 3) * unit_ns;
    if (random.chance(5)) now_ns += random.between(5, 60) * kNanosPerSecond;
    steps.push_back({make_requests(random, std::move(arriving), groups_max), now_ns});
    while (random.chance(25)) steps.push_back({{}, now_ns += random.between(0, 4) * unit_ns});
  }
  return steps;
}

}  // namespace

ByteString random_trace_id(Random& random) { return random_bytes(random, 16); }
ByteString random_span_id(Random& random) { return random_bytes(random, 8); }

Workload small_workload(std::uint64_t seed) {
  Random random(seed);
  Workload workload;
  workload.options = random_options(random);
  const Shape shape = small_shape(random);
  workload.whole_seconds = random.chance(80);
  workload.steps = make_steps(random, shape, 6, workload.whole_seconds ? kNanosPerSecond : kNanosPerSecond / 4);
  return workload;
}

Workload large_workload(std::uint64_t seed) {
  Random random(seed);
  Workload workload;
  workload.options = random_options(random);
  workload.options.links.propagate.max_links_followed = kUnboundedNeighbours;
  workload.options.links.propagate.max_traces_per_origin = kUnboundedTraces;
  Shape shape;
  shape.traces = 20'000 + random.below(5'000);
  shape.steps = 40;
  shape.errors = 1;
  shape.hubs = static_cast<unsigned>(random.below(4));
  shape.bad = 1;
  shape.pattern = static_cast<int>(random.below(4));
  workload.steps = make_steps(random, shape, 200, kNanosPerSecond);
  return workload;
}

}  // namespace entail::workload
