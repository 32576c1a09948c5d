// Records and what belongs to them: erasing a record erases all of it.
#include "propagate/record.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace entail::propagate {
namespace {

TEST(Ledger, ErasingARecordErasesItsPolicyAnswers) {
  constexpr std::size_t kCount = 100'000;
  constexpr graph::NodeId kNode = 1;
  Ledger ledger;
  std::vector<RecordId> ids;
  for (std::size_t i = 0; i < kCount; ++i) {
    ids.push_back(ledger.add(kNode));
    ledger.answers(ids.back()).evaluated = static_cast<std::uint32_t>(i + 1);
    ledger.path_state(ids.back()).pulls = true;
  }
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(ledger.answers(ids[i]).evaluated, i + 1);
  const std::uint64_t full = ledger.bytes();
  EXPECT_GE(full, kCount * (sizeof(Record) + sizeof(policy::StatefulAnswers) + sizeof(PathState)));
  // A reused record has none of the previous one's answers.
  ledger.remove(ids[5]);
  ASSERT_EQ(ledger.add(kNode), ids[5]);
  EXPECT_EQ(ledger.answers(ids[5]).evaluated, 0u);
  EXPECT_EQ(ledger.bytes(), full);
  // The newer half is erased, then all.
  for (std::size_t i = kCount / 2; i < kCount; ++i) ledger.remove(ids[i]);
  EXPECT_LT(ledger.bytes(), full * 5 / 8);
  for (std::size_t i = 0; i < kCount / 2; ++i) ASSERT_EQ(ledger.answers(ids[i]).evaluated, i == 5 ? 0 : i + 1);
  for (std::size_t i = 0; i < kCount / 2; ++i) ledger.remove(ids[i]);
  EXPECT_EQ(ledger.count(), 0u);
  EXPECT_LT(ledger.bytes(), full / 8);
  EXPECT_EQ(ledger.answers(ledger.add(kNode)).evaluated, 0u);
}

// The counts of a window that decide whether it is worth closing.
TEST(Ledger, CountsRecordsPerWindow_AndThoseHoldingSpans) {
  constexpr graph::NodeId kFirst = 1;
  constexpr graph::NodeId kSecond = (graph::NodeId{3} << graph::kOffsetBits) | 1;
  Ledger ledger;
  const auto expect = [&](unsigned slot, std::uint64_t records, std::uint64_t holding, int line) {
    EXPECT_EQ(ledger.in_window(slot).records, records) << "line " << line;
    EXPECT_EQ(ledger.in_window(slot).holding, holding) << "line " << line;
  };
  const RecordId absent = ledger.add(kFirst);
  const RecordId held = ledger.add(kFirst);
  ledger.set_phase(held, Phase::pending);
  expect(0, 2, 1, __LINE__);
  ledger.set_phase(held, Phase::retained);
  expect(0, 2, 1, __LINE__);
  ledger.set_node(held, kSecond);
  expect(0, 1, 0, __LINE__);
  expect(3, 1, 1, __LINE__);
  ledger.set_node(absent, kSecond);
  expect(0, 0, 0, __LINE__);
  expect(3, 2, 1, __LINE__);
  ledger.set_phase(held, Phase::sealed);
  expect(3, 2, 0, __LINE__);
  ledger.remove(held);
  ledger.remove(absent);
  expect(3, 0, 0, __LINE__);
}

}  // namespace
}  // namespace entail::propagate
