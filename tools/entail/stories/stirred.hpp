// Stories stirred into the load of another: told beside it under one configuration, each with identities of its own.
//
// Their requests are held until the load has come to their second, so stirred stories should be small. Thread rule:
// Confined. Memory: the requests of all stirred stories.
#pragma once

#include <map>

#include "stories/story.hpp"

namespace entail::cli {

// What the stories that the flag "with" names want in the configuration, with their default flags. An error text, or
// empty.
std::string configure_stirred(const Flags& flags, StoryConfig& config);

class Stirred {
 public:
  // Tells the stories that the flag "with" names, as often as "copies" says, spread over so many seconds; what they
  // expect is added to what the teller expects.
  Stirred(const Flags& flags, const StoryConfig& config, StoryTeller& teller, std::uint64_t load_seconds);

  // Passes on the requests of seconds before this one. The teller has none begun.
  void write_before(std::uint64_t second);
  void write_rest() { write_before(~0ull); }

 private:
  void tell(const Scenario& scenario, const StoryConfig& config, const std::string& name, std::uint64_t begin_second,
            std::uint64_t seed);

  StoryTeller& teller_;
  std::multimap<std::uint64_t, std::vector<std::uint8_t>> held_;  // by second; within one as they were told
};

}  // namespace entail::cli
