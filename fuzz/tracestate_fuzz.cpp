// tracestate: parsing and the two rewriters. Text valid at Level 1 is valid at Level 2. A rewritten tracestate parses,
// has the requested threshold, and keeps every member except `ot`. Text that does not parse is returned unchanged.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "context/tracestate.hpp"
#include "context/tracestate_members.hpp"

using namespace entail::context;

namespace {

// The members except `ot`, in order, each as its text.
std::string other_members(std::string_view text) {
  detail::MemberCursor cursor(text, TracestateLevel::two);
  detail::Member member;
  std::string others;
  std::set<std::string_view> seen;
  while (cursor.next(member)) {
    if (member.key == "ot") continue;
    others.append(text.substr(member.begin, member.end - member.begin)).push_back(',');
    // The first of several members with one key counts.
    ENTAIL_CHECK(!seen.insert(member.key).second || tracestate_value(text, member.key) == member.value);
  }
  ENTAIL_CHECK(!cursor.failed());
  return others;
}

// Returns what the `ot` member says after the rewrite.
OtState check_rewritten(std::string_view text, const OtState& before, const std::string& rewritten) {
  const auto after = parse_tracestate(rewritten);
  ENTAIL_CHECK(after.ok());
  ENTAIL_CHECK(after->randomness == before.randomness);
  ENTAIL_CHECK(other_members(rewritten) == other_members(text));
  return *after;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first eight bytes are the threshold to raise to, so that the fuzzer can control it; the rest is the text.
  std::uint64_t threshold = 0;
  if (size >= 8) {
    threshold = entail::base::load_be64(data) & kRandomnessMask;
    data += 8;
    size -= 8;
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_tracestate(text);
  ENTAIL_CHECK(parsed.ok() || parsed.error() != TracestateError::none);
  if (const auto strict = parse_tracestate(text, TracestateLevel::strict_one); strict.ok()) {
    ENTAIL_CHECK(parsed.ok());
    ENTAIL_CHECK(strict->randomness == parsed->randomness && strict->threshold == parsed->threshold);
  }

  bool erased_changed = false;
  bool raised_changed = false;
  const std::string erased = erase_threshold(text, &erased_changed);
  const std::string raised = raise_threshold(text, threshold, &raised_changed);
  if (!erased_changed) ENTAIL_CHECK(erased == text);
  if (!raised_changed) ENTAIL_CHECK(raised == text);
  if (!parsed.ok()) {
    ENTAIL_CHECK(!erased_changed && !raised_changed);
    return 0;
  }
  const OtState& before = *parsed;
  ENTAIL_CHECK(erased_changed == before.threshold.has_value());
  ENTAIL_CHECK(!check_rewritten(text, before, erased).threshold);
  const OtState after = check_rewritten(text, before, raised);
  if (raised_changed)
    ENTAIL_CHECK(after.threshold == threshold && (!before.threshold || *before.threshold < threshold));
  else
    ENTAIL_CHECK(after.threshold == before.threshold);
  return 0;
}
