// docs/losses.md, whole, from the loss table. Thread rule: Immutable (a function).
#pragma once

#include <string>

#include "entail/entail.hpp"

namespace entail::base {

inline std::string losses_page() {
  std::string out =
      "# Losses\n\n"
      "This page is generated from the loss table in `core/base/loss.hpp`; a test compares the two. After a change "
      "there,\n"
      "write it again: `build/dev/bin/losses_page > docs/losses.md`.\n\n"
      "A loss is anything not done that a user could miss. Every loss has a name and is counted; none is silent. The "
      "names\n"
      "stand in `losses` of the summary of `entail sample --json` and of `Statistics`, and those that cost a trace its "
      "keep also\n"
      "in the field `loss` of its decision record. What a loss counts is what its meaning begins with.\n\n"
      "| severity | meaning |\n| --- | --- |\n"
      "| info | as configured, or as the input asked for |\n"
      "| warning | something that could have been kept or read was not |\n"
      "| error | a budget for everything, or the machine, was too small |\n\n"
      "| loss | severity | what is counted |\n| --- | --- | --- |\n";
  for (const LossInfo& loss : loss_table())
    out +=
        "| `" + std::string(loss.name) + "` | " + std::string(loss.severity) + " | " + std::string(loss.help) + " |\n";
  return out;
}

}  // namespace entail::base
