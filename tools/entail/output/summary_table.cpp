#include <algorithm>
#include <cstdio>

#include "output/summary.hpp"
#include "output/table.hpp"

namespace entail::cli {
namespace {

std::uint64_t sum(const std::vector<NamedCount>& counts) {
  std::uint64_t total = 0;
  for (const NamedCount& named : counts) total += named.count;
  return total;
}

std::uint64_t count_of(const std::vector<NamedCount>& counts, std::string_view name) {
  for (const NamedCount& named : counts) {
    if (named.name == name) return named.count;
  }
  return 0;
}

// "bad_hex 3, all_zero 1": what a sum is made of.
std::string parts(const std::vector<NamedCount>& counts) {
  std::string text;
  for (const NamedCount& named : counts) {
    if (named.count == 0) continue;
    if (!text.empty()) text += ", ";
    text += named.name + " " + grouped(named.count);
  }
  return text;
}

void note_lines(Table& table, const std::vector<std::string>& notes) {
  if (notes.empty()) return;
  table.heading("Notes");
  for (const std::string& note : notes) table.line(note, table.paint().red());
}

void input_rows(Table& table, const RunFacts& facts) {
  table.heading(facts.interrupted ? "Input (interrupted: what was decided so far is written)" : "Input");
  table.row("requests", facts.requests,
            "from " + grouped(facts.files) + (facts.files == 1 ? " input, " : " inputs, ") + byte_count(facts.bytes));
  for (std::size_t i = 0; i < kSkipNames.size(); ++i) {
    if (facts.skipped[i] == 0) continue;
    const bool fault = i >= static_cast<std::size_t>(Skip::malformed);
    table.row("skipped: " + std::string(kSkipNames[i]), facts.skipped[i], {},
              fault ? table.paint().red() : std::string_view());
  }
  if (facts.too_large.requests > 0) {
    const std::string note = "requests of up to " + byte_count(facts.too_large.bytes_max) + ", with " +
                             grouped(facts.too_large.spans) + " spans: lost, not counted below";
    table.row("too large for memory_limit", facts.too_large.requests, note, table.paint().red());
  }
}

void count_rows(Table& table, const Statistics& statistics) {
  const auto& spans = statistics.spans;
  table.heading("Spans");
  table.row("received", spans.received);
  table.row("emitted", spans.emitted, {}, table.paint().green());
  table.row("dropped", spans.dropped);
  if (sum(spans.rejected) > 0) table.row("rejected", sum(spans.rejected), parts(spans.rejected), table.paint().red());
  if (sum(spans.lost) > 0) table.row("lost", sum(spans.lost), parts(spans.lost), table.paint().yellow());

  const auto& traces = statistics.traces;
  table.heading("Traces");
  table.row("received", traces.received);
  table.row("kept", traces.kept, {}, table.paint().green());
  table.row("dropped", traces.dropped);
  table.row("origins", traces.origins, "kept by a policy that also keeps linked traces");
  if (traces.revived > 0) table.row("revived", traces.revived, "dropped first, kept later because of a link");
}

void kept_rows(Table& table, const Statistics& statistics) {
  const std::vector<NamedCount>& vetoes = statistics.traces.dropped_by_policy;
  table.heading("Kept by policy");
  for (const NamedCount& policy : statistics.traces.kept_by_policy) {
    const bool drops = std::ranges::any_of(vetoes, [&](const NamedCount& veto) { return veto.name == policy.name; });
    if (!drops) table.row(policy.name, policy.count);
  }
  if (sum(statistics.traces.kept_by_policy) == 0) table.line("none");
  if (!vetoes.empty()) {
    table.heading("Dropped by policy");
    for (const NamedCount& policy : vetoes) table.row(policy.name, policy.count);
  }
  table.heading("Kept by links");
  for (const auto& group : statistics.traces.kept_by_link) {
    const std::string_view meaning = group.direction == Direction::linked    ? "toward causes"
                                     : group.direction == Direction::linking ? "toward consequences"
                                                                             : "either way";
    table.row(std::string(direction_name(group.direction)) + ", " + std::to_string(group.hops) +
                  (group.hops == 1 ? " hop" : " hops"),
              group.traces, meaning);
  }
  if (statistics.traces.kept_by_link.empty()) table.line("none");
}

void link_rows(Table& table, const Statistics& statistics) {
  const auto& links = statistics.links;
  table.heading("Links");
  table.row("received", links.received);
  table.row("edges to other traces", links.edges);
  if (links.same_trace > 0) table.row("within one trace", links.same_trace);
  if (links.null_target > 0) table.row("without a target", links.null_target);
  if (sum(links.invalid) > 0) table.row("invalid", sum(links.invalid), parts(links.invalid), table.paint().red());
  if (links.bad_tracestate > 0) table.row("with a bad tracestate", links.bad_tracestate, "still followed");
  table.row("truncated spans", links.sampled_spans,
            links.duplicates > 0 ? grouped(links.duplicates) + " of their links were duplicates" : "");
  table.row("emitted", links.emitted);
  table.row("dropped with spans", links.dropped - std::min(links.dropped, links.truncated));
  table.row("dropped by truncation", links.truncated, "removed from emitted spans");
  if (links.restored > 0) table.row("restored", links.restored, "rebuilt from the link graph, IDs only");
}

void loss_rows(Table& table, const Statistics& statistics) {
  const std::uint64_t broken = count_of(statistics.losses, "keep_after_seal");
  table.heading("Broken chains");
  table.row("traces reached too late", broken, broken > 0 ? "their spans had been released" : "",
            broken > 0 ? table.paint().yellow() : "");
  table.heading("Losses");
  bool any = false;
  for (const NamedCount& loss : statistics.losses) {
    if (loss.count == 0) continue;
    any = true;
    std::string_view help;
    std::string_view severity;
    for (const LossInfo& info : loss_table()) {
      if (info.name == loss.name) help = info.help, severity = info.severity;
    }
    const std::string_view colour = severity == "error"     ? table.paint().red()
                                    : severity == "warning" ? table.paint().yellow()
                                                            : std::string_view();
    table.row(loss.name, loss.count, {}, colour);
    if (!help.empty()) table.line(help, table.paint().dim(), 1);
  }
  if (!any) table.line("none");
}

void run_rows(Table& table, const Statistics& statistics, const RunFacts& facts) {
  const double rate = facts.seconds > 0 ? static_cast<double>(statistics.spans.received) / facts.seconds : 0;
  char seconds[96];
  std::snprintf(seconds, sizeof seconds, "%.2f s, %.2f s CPU, %u thread%s", facts.seconds, facts.cpu_seconds,
                facts.threads, facts.threads == 1 ? "" : "s");
  table.heading("Run");
  table.row("spans per second", static_cast<std::uint64_t>(rate), seconds);
  table.line("peak memory " + byte_count(facts.peak_memory_bytes) + "; the engine's account " +
             byte_count(statistics.memory.peak_bytes) + " of memory_limit " + byte_count(facts.memory_limit_bytes));
  table.line("rank_seed " + std::to_string(statistics.rank_seed));
}

}  // namespace

std::string summary_table(const Statistics& statistics, const RunFacts& facts, Paint paint) {
  Table table(paint);
  note_lines(table, summary_notes(statistics, facts));
  input_rows(table, facts);
  count_rows(table, statistics);
  kept_rows(table, statistics);
  link_rows(table, statistics);
  loss_rows(table, statistics);
  run_rows(table, statistics, facts);
  return table.take();
}

}  // namespace entail::cli
