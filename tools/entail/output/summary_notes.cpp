#include "output/summary.hpp"

namespace entail::cli {
namespace {

// The losses that come from too little memory. Other losses are as configured (max_links_followed), come from the input
// (bad_hex) or from times that memory does not change (keep_after_seal). no_room is none of them: the command ticks and
// tries again until the request is taken in.
constexpr std::array<std::string_view, 4> kMemoryLosses = {"evicted", "records_forgotten", "too_large",
                                                           "out_of_memory"};

// The engine makes room ahead of need from 13/16 of memory_limit on, less what a request in progress takes.
constexpr std::uint64_t kHeadroomShare = 4;

std::uint64_t count_of(const Statistics& statistics, std::string_view name) {
  for (const NamedCount& loss : statistics.losses) {
    if (loss.name == name) return loss.count;
  }
  return 0;
}

// "evicted 3, out_of_memory 1"; empty if nothing was lost.
std::string memory_losses(const Statistics& statistics) {
  std::string text;
  for (const std::string_view name : kMemoryLosses) {
    const std::uint64_t count = count_of(statistics, name);
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(name) + " " + grouped(count);
  }
  return text;
}

// Records were forgotten although memory was not short: the link graph has a fixed number of windows, whose size
// depends on memory_limit.
bool only_windows_were_short(const Statistics& statistics, const RunFacts& facts) {
  for (const std::string_view name : kMemoryLosses)
    if (name != "records_forgotten" && count_of(statistics, name) > 0) return false;
  return count_of(statistics, "records_forgotten") > 0 &&
         statistics.memory.peak_bytes < facts.memory_limit_bytes - facts.memory_limit_bytes / kHeadroomShare;
}

// The limits that something may have run into, with their values.
std::string what_to_raise(const Statistics& statistics, const RunFacts& facts) {
  std::string text = "raise memory_limit (now " + byte_count(facts.memory_limit_bytes) + "; the engine held up to " +
                     byte_count(statistics.memory.peak_bytes) + ")";
  if (count_of(statistics, "evicted") > 0) {
    text += " and retain.max_bytes (now " + byte_count(facts.retain_bytes_max) + ")";
  }
  return text;
}

std::string too_large_note(const TooLargeCount& too_large) {
  return grouped(too_large.requests) + (too_large.requests == 1 ? " request" : " requests") + " with " +
         grouped(too_large.spans) + (too_large.spans == 1 ? " span" : " spans") +
         " can never fit into memory_limit, the largest " + grouped(too_large.bytes_max) + " bytes.";
}

}  // namespace

std::string no_traces_text(const RunFacts& facts, const std::string& output) {
  std::string text = "the input has no traces";
  if (output == "-")
    text += ", so nothing was written";
  else if (!output.empty())
    text += ", so " + output + " was not written";
  std::string skipped;
  for (std::size_t i = 0; i < kSkipNames.size(); ++i)
    if (facts.skipped[i] != 0)
      skipped +=
          (skipped.empty() ? "; skipped: " : ", ") + std::string(kSkipNames[i]) + " " + grouped(facts.skipped[i]);
  return text + skipped;
}

bool lost_for_memory(const Statistics& statistics) { return !memory_losses(statistics).empty(); }

std::vector<std::string> memory_notes(const Statistics& statistics, const RunFacts& facts) {
  std::vector<std::string> notes;
  if (only_windows_were_short(statistics, facts)) {
    notes.push_back(grouped(count_of(statistics, "records_forgotten")) +
                    " traces were forgotten before retain.records ended: memory_limit (" +
                    byte_count(facts.memory_limit_bytes) +
                    ") was not reached, but allows for no more at this rate. Raise it, or lower retain.records.");
  } else if (const std::string losses = memory_losses(statistics); !losses.empty()) {
    notes.push_back("Some data was evicted or lost because memory was short (" + losses +
                    "): " + what_to_raise(statistics, facts) + ".");
    if (facts.threads > 1) notes.emplace_back("With several threads, another run may keep different traces.");
  }
  if (facts.too_large.requests > 0) notes.push_back(too_large_note(facts.too_large));
  if (count_of(statistics, "out_of_memory") > 0) {
    notes.emplace_back("The system ran out of memory: give the process more, or lower memory_limit.");
  }
  return notes;
}

std::vector<std::string> summary_notes(const Statistics& statistics, const RunFacts& facts) {
  std::vector<std::string> notes = memory_notes(statistics, facts);
  if (!facts.no_origins.empty()) notes.push_back("Configuration: " + facts.no_origins + ".");
  if (count_of(statistics, "max_links_followed") > 0) {
    notes.push_back("max_links_followed was reached: which neighbours were followed depends on rank_seed " +
                    std::to_string(statistics.rank_seed) + ".");
  }
  return notes;
}

}  // namespace entail::cli
