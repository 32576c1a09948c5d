// Adversarial IDs cost no more in the index and in the filter than random ones, counted in probes.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "graph/key_filter.hpp"
#include "graph/slot_index.hpp"

namespace entail::graph {
namespace {

// Counts the slots that are probed.
struct CountingSync {
  static inline std::uint64_t loads = 0;
  template <class T>
  class Atomic {
   public:
    T load(std::memory_order) const noexcept {
      ++loads;
      return value_;
    }
    bool compare_exchange(T& expected, T desired, std::memory_order, std::memory_order) noexcept {
      if (value_ != expected) {
        expected = value_;
        return false;
      }
      value_ = desired;
      return true;
    }

   private:
    T value_{};
  };
  template <class T>
  class Plain {
   public:
    void set(const T& value) noexcept { value_ = value; }
    T get() const noexcept { return value_; }

   private:
    T value_{};
  };
};

struct Offsets {
  std::uint32_t mine = 1;
  std::uint32_t next() const noexcept { return mine; }
  void taken() noexcept { ++mine; }
};

using Index = SlotIndex<CountingSync>;
using IdOf = std::function<TraceId(std::uint64_t)>;

constexpr std::uint64_t kKeys = 1 << 13;

struct Cost {
  std::uint64_t insert_steps = 0;
  std::uint64_t missing_steps = 0;  // looking up kKeys absent keys of the family
  std::uint64_t filter_hits = 0;    // for the absent keys
};

// The index ends half full, the highest load of a window.
Cost cost(const IdOf& id_of, std::uint64_t seed) {
  std::vector<Index::Slot> slots(2 * kKeys);
  std::vector<Index::Key> keys(kKeys + 1);
  std::vector<std::uint64_t> words(KeyFilter::words_for(kKeys));
  Index index(slots.data(), slots.size(), keys.data());
  KeyFilter filter(words.data(), words.size());
  Offsets offsets;
  CountingSync::loads = 0;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const TraceId id = id_of(i);
    const std::uint64_t hash = base::table_hash(id, seed);
    static_cast<void>(index.find_or_insert(hash, id, offsets));
    filter.add(hash);
  }
  EXPECT_EQ(offsets.mine, kKeys + 1) << "the IDs of a family must differ";
  Cost cost{CountingSync::loads, 0, 0};
  CountingSync::loads = 0;
  for (std::uint64_t i = kKeys; i < 2 * kKeys; ++i) {
    const TraceId id = id_of(i);
    const std::uint64_t hash = base::table_hash(id, seed);
    EXPECT_EQ(index.find(hash, id), 0u);
    cost.filter_hits += filter.may_have(hash) ? 1 : 0;
  }
  cost.missing_steps = CountingSync::loads;
  return cost;
}

std::uint64_t reversed(std::uint64_t bits) {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 64; ++i) out |= (bits >> i & 1) << (63 - i);
  return out;
}

// All 64-bit constants in hash.hpp.
std::vector<std::uint64_t> constants() {
  std::ifstream file(ENTAIL_SOURCE_DIR "/core/base/hash.hpp");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::regex number("0x([0-9a-f]{16})");
  std::vector<std::uint64_t> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), number); at != std::sregex_iterator(); ++at)
    found.push_back(std::stoull((*at)[1].str(), nullptr, 16));
  return found;
}

struct Family {
  std::string name;
  IdOf id_of;
};

// With one half fixed, or one that may cancel a constant of the hash.
std::vector<Family> families_of(std::uint64_t fixed) {
  return {
      {"equal high halves, a counter", [=](auto i) { return TraceId{fixed, i + 1}; }},
      {"equal low halves, a counter", [=](auto i) { return TraceId{i + 1, fixed}; }},
      {"equal high halves, a bit-reversed counter", [=](auto i) { return TraceId{fixed, reversed(i + 1)}; }},
      {"equal low halves, a bit-reversed counter", [=](auto i) { return TraceId{reversed(i + 1), fixed}; }},
      {"high half: counter ^ constant", [=](auto i) { return TraceId{i ^ fixed, 1}; }},
      {"low half: counter ^ constant", [=](auto i) { return TraceId{1, i ^ fixed}; }},
      {"both halves: counter ^ constant", [=](auto i) { return TraceId{i ^ fixed, i ^ fixed}; }},
      {"high half: multiples", [=](auto i) { return TraceId{(i + 1) * (fixed | 1), 0}; }},
      {"low half: multiples", [=](auto i) { return TraceId{0, (i + 1) * (fixed | 1)}; }},
      {"both halves: multiples", [=](auto i) { return TraceId{(i + 1) * (fixed | 1), (i + 1) * (fixed | 1)}; }},
      {"high half fixed, low half: multiples of it", [=](auto i) { return TraceId{fixed, (i + 1) * (fixed | 1)}; }},
      {"low half fixed, high half: multiples of it", [=](auto i) { return TraceId{(i + 1) * (fixed | 1), fixed}; }},
  };
}

void expect_cheap(const Family& family, std::uint64_t fixed, std::uint64_t seed, const Cost& random) {
  const Cost found = cost(family.id_of, seed);
  const std::string what = family.name + ", constant " + std::to_string(fixed) + ", seed " + std::to_string(seed);
  EXPECT_LE(found.insert_steps, 2 * random.insert_steps) << what;
  EXPECT_LE(found.missing_steps, 2 * random.missing_steps) << what;
  EXPECT_LE(found.filter_hits, 2 * random.filter_hits) << what;
}

TEST(TableHash, AdversarialIdsCostAtMostTwiceAsMuchAsRandomIds) {
  const std::vector<std::uint64_t> written = constants();
  ASSERT_GE(written.size(), 4u);
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x123456789abcdef1}}) {
    std::mt19937_64 numbers(seed + 3);
    const Cost random = cost([&](auto) { return TraceId{numbers(), numbers()}; }, seed);
    for (const std::uint64_t constant : written)
      for (const std::uint64_t fixed : {constant, constant + seed, constant - seed, constant ^ seed})
        for (const Family& family : families_of(fixed)) expect_cheap(family, fixed, seed, random);
    for (const std::uint64_t fixed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{1} << 63})
      for (const Family& family : families_of(fixed)) expect_cheap(family, fixed, seed, random);
    expect_cheap({"equal halves", [](auto i) { return TraceId{i + 1, i + 1}; }}, 0, seed, random);
    expect_cheap({"low half zero, high half random", [&](auto) { return TraceId{numbers(), 0}; }}, 0, seed, random);
    expect_cheap({"a grid", [](auto i) { return TraceId{i % 128, i / 128 + 1}; }}, 0, seed, random);
    expect_cheap({"a grid of high bits", [](auto i) { return TraceId{(i % 128) << 57, (i / 128 + 1) << 40}; }}, 0, seed,
                 random);
  }
}

TEST(TableHash, MatchesTheFormulaInItsComment) {
  std::mt19937_64 numbers(5);
  for (int round = 0; round < 1000; ++round) {
    const TraceId id{numbers(), numbers()};
    const std::uint64_t seed = round == 0 ? 0 : numbers();
    ASSERT_EQ(base::table_hash(id, seed), XXH3_64bits_withSeed(&id, sizeof id, seed));
  }
}

}  // namespace
}  // namespace entail::graph
