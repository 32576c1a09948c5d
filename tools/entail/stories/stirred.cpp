#include "stories/stirred.hpp"

#include <algorithm>

namespace entail::cli {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Facts of the same name are added up.
void add_facts(Expectation& to, const Expectation& from) {
  for (const auto& [name, count] : from.facts) {
    const auto found = std::find_if(to.facts.begin(), to.facts.end(), [&](const auto& f) { return f.first == name; });
    if (found == to.facts.end()) {
      to.facts.emplace_back(name, count);
    } else {
      found->second += count;
    }
  }
}

}  // namespace

std::string configure_stirred(const Flags& flags, StoryConfig& config) {
  for (const std::string& name : flags.list("with")) {
    const Scenario& scenario = *find_scenario(name);
    const std::string error = scenario.configure(Flags(scenario.flags), config);
    if (!error.empty()) return "--with " + name + ": " + error;
  }
  return {};
}

Stirred::Stirred(const Flags& flags, const StoryConfig& config, StoryTeller& teller, std::uint64_t load_seconds)
    : teller_(teller) {
  const std::uint64_t copies = flags.count("copies");
  std::uint64_t story = 0;
  for (const std::string& name : flags.list("with")) {
    for (std::uint64_t copy = 0; copy < copies; ++copy) {
      const std::string label = copies == 1 ? name : name + "-" + std::to_string(copy + 1);
      tell(*find_scenario(name), config, label, copy * load_seconds / copies, teller.random.seed_of(++story));
    }
  }
}

void Stirred::tell(const Scenario& scenario, const StoryConfig& config, const std::string& name,
                   std::uint64_t begin_second, std::uint64_t seed) {
  const StoryTeller* told = nullptr;
  StoryTeller own(
      seed,
      [&](Bytes request) {
        held_.emplace(told->second(), std::vector<std::uint8_t>(request.begin(), request.end()));
        return true;
      },
      begin_second);
  told = &own;
  own.as_json = teller_.as_json;
  scenario.tell(Flags(scenario.flags), config, own);
  Expectation& all = teller_.expectation;
  const Expectation& part = own.expectation;
  all.spans += part.spans;
  all.traces += part.traces;
  all.links += part.links;
  append(all.kept, part.kept);
  append(all.lost, part.lost);
  append(all.unspecified, part.unspecified);
  all.kept_of_unspecified += part.kept_of_unspecified;
  add_facts(all, part);
  for (const NamedTrace& named : part.named_traces) {
    all.named_traces.push_back({name + "/" + named.role, named.trace_id, named.came});
  }
}

void Stirred::write_before(std::uint64_t second) {
  while (!held_.empty() && held_.begin()->first < second) {
    teller_.pass_on(held_.begin()->second);
    held_.erase(held_.begin());
  }
}

}  // namespace entail::cli
