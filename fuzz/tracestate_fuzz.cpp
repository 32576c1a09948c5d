// tracestate: parsing and the two rewriters. What parses as Level 1 parses as Level 2; a rewritten one parses, has
// the requested threshold, and every member except `ot` unchanged; what does not parse is returned as it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
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
  while (cursor.next(member)) {
    if (member.key == "ot") continue;
    others.append(text.substr(member.begin, member.end - member.begin)).push_back(',');
    ENTAIL_CHECK(tracestate_value(text, member.key) == member.value);
  }
  ENTAIL_CHECK(cursor.error() == TracestateError::none);
  return others;
}

void check_rewritten(std::string_view text, const OtState& before, const std::string& rewritten, OtState& after) {
  ENTAIL_CHECK(parse_tracestate(rewritten, after) == TracestateError::none);
  ENTAIL_CHECK(after.randomness == before.randomness);
  ENTAIL_CHECK(other_members(rewritten) == other_members(text));
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
  OtState before;
  OtState strict;
  const TracestateError error = parse_tracestate(text, before);
  ENTAIL_CHECK(describe(error) != nullptr);
  if (parse_tracestate(text, strict, TracestateLevel::strict_one) == TracestateError::none) {
    ENTAIL_CHECK(error == TracestateError::none);
    ENTAIL_CHECK(strict.randomness == before.randomness && strict.threshold == before.threshold);
  }

  bool erased_changed = false;
  bool raised_changed = false;
  const std::string erased = erase_threshold(text, &erased_changed);
  const std::string raised = raise_threshold(text, threshold, &raised_changed);
  if (!erased_changed) ENTAIL_CHECK(erased == text);
  if (!raised_changed) ENTAIL_CHECK(raised == text);
  if (error != TracestateError::none) {
    ENTAIL_CHECK(!erased_changed && !raised_changed && !before.randomness && !before.threshold);
    return 0;
  }
  OtState after;
  ENTAIL_CHECK(erased_changed == before.threshold.has_value());
  check_rewritten(text, before, erased, after);
  ENTAIL_CHECK(!after.threshold);
  check_rewritten(text, before, raised, after);
  if (raised_changed)
    ENTAIL_CHECK(after.threshold == threshold && (!before.threshold || *before.threshold < threshold));
  else
    ENTAIL_CHECK(after.threshold == before.threshold);
  return 0;
}
