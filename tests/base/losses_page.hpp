// Renders docs/losses.md from the loss table. Thread rule: Immutable (a function).
#pragma once

#include <string>

#include "entail/entail.hpp"

namespace entail::base {

inline std::string losses_page() {
  std::string out =
      "# Losses\n\n"
      "This page is generated from the loss table in `core/base/loss.hpp`; a test compares the two. After a change "
      "there,\n"
      "regenerate it: `build/dev/bin/losses_page > docs/losses.md`.\n\n"
      "A loss is anything Entail did not do and a user could miss: a trace not kept, a link not followed, a request\n"
      "not accepted. Every loss has a name and a count; nothing is lost silently. Find them in\n\n"
      "- the summary of `entail sample` (`losses` with `--json`);\n"
      "- the metrics `otelcol_processor_entail_loss_NAME` of the [Collector components](collector.md);\n"
      "- `Statistics` in C++ and `entail_counts()` in C;\n"
      "- the field `loss` of a decision record, if the loss is why that trace was not kept.\n\n"
      "The first words of each description name the unit: traces, links, spans, requests, ...\n\n"
      "| severity | meaning |\n| --- | --- |\n"
      "| info | expected: a consequence of the configuration or the input |\n"
      "| warning | something that could have been kept or read was not; a larger limit or better input avoids it |\n"
      "| error | memory was short: `memory_limit`, `retain.max_bytes`, or the machine is too small |\n\n"
      "| loss | severity | what is counted |\n| --- | --- | --- |\n";
  for (const LossInfo& loss : loss_table())
    out +=
        "| `" + std::string(loss.name) + "` | " + std::string(loss.severity) + " | " + std::string(loss.help) + " |\n";
  return out;
}

}  // namespace entail::base
