// Random stories of a few traces over many windows: a lane that stalls after writing one end of its links, window
// rotations, late traces, origins at any time. At the end every trace must have the hops that a plain search over all
// links finds.
#include <map>
#include <random>

#include "tests/propagate/keep_propagator_fixture.hpp"

namespace entail::propagate {
namespace {

constexpr std::uint64_t kTraces = 10;
constexpr unsigned kSteps = 60;
constexpr unsigned kRotationsMax = 12;
constexpr unsigned kLinksABatch = 6;
using Edges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

class RandomStory : public KeepPropagatorTest {
 protected:
  void run(std::uint64_t seed, PropagateMode mode) {
    random_.seed(seed);
    PropagateOptions options;
    options.mode = mode;
    open(options);
    for (unsigned step = 0; step < kSteps; ++step) take_step();
    end_batch();
    for (std::uint64_t trace = 1; trace <= kTraces; ++trace) come(trace);
    tick();
    tick();  // nodes that joined on the way
    expect_hops(mode);
  }

 private:
  std::uint64_t draw(std::uint64_t end) { return random_() % end; }

  void take_step() {
    const std::uint64_t trace = 1 + draw(kTraces);
    std::uint64_t other = 1 + draw(kTraces - 1);
    if (other >= trace) ++other;
    switch (draw(12)) {
      case 0:
        if (rotations_ == kRotationsMax) return;
        ++rotations_;
        ASSERT_TRUE(graph_.rotate(4096));
        return;
      case 1:
      case 2:
        tick();
        return;
      case 3:
      case 4:
        come(trace);
        return;
      case 5:
        if (draw(3) != 0) return;
        come(trace);
        propagator_->make_origin(propagator_->find_record(node(trace)), true);
        origins_[trace] = true;
        return;
      case 6:
        end_batch();
        return;
      case 7:
      case 8:
        link(trace, other);
        edges_.emplace_back(trace, other);
        return;
      case 9:
        write_second_end();
        return;
      default:
        write_first_end(trace, other);
        return;
    }
  }
  void come(std::uint64_t trace) { present(trace); }

  void write_first_end(std::uint64_t from, std::uint64_t to) {
    graph::Writer& writer = graph_.writer(1);
    if (!writer.begun()) {
      ASSERT_TRUE(writer.try_begin(2 * kLinksABatch, kLinksABatch));
      batch_links_ = 0;
    }
    if (batch_links_ == kLinksABatch) return;
    ++batch_links_;
    const graph::NodeId near = node_in(writer, from);
    writer.append_in(node_in(writer, to), writer.cell(near, graph::kNoLimit, graph::kNoLimit, false, false));
    half_.emplace_back(from, to);
  }
  void write_second_end() {
    if (half_.empty()) return;
    const auto [from, to] = half_.back();
    half_.pop_back();
    graph::Writer& writer = graph_.writer(1);
    const graph::EdgeCell out = writer.cell(node_in(writer, to), graph::kNoLimit, graph::kNoLimit, false, false);
    const SpanId span{to};
    writer.append_out(node_in(writer, from), {&out, 1}, {&span, 1});
    edges_.emplace_back(from, to);
  }
  void end_batch() {
    while (!half_.empty()) write_second_end();
    if (graph_.writer(1).begun()) graph_.writer(1).end();
  }

  // Fewest hops from an origin over at least one edge, up to 4; 0 if no path exists.
  std::map<std::uint64_t, unsigned> search(bool along, bool against) const {
    std::map<std::uint64_t, unsigned> found;
    std::vector<std::uint64_t> here;
    for (const auto& [origin, is_origin] : origins_) here.push_back(origin);
    for (unsigned hop = 1; hop <= 4; ++hop) {
      std::vector<std::uint64_t> next;
      for (const std::uint64_t at : here) {
        for (const auto& [from, to] : edges_) {
          if (along && from == at && found.emplace(to, hop).second) next.push_back(to);
          if (against && to == at && found.emplace(from, hop).second) next.push_back(from);
        }
      }
      here = next;
    }
    return found;
  }
  void expect_hops(PropagateMode mode) {
    const bool component = mode == PropagateMode::component;
    auto linked = search(true, component);
    auto linking = search(component, true);
    for (std::uint64_t trace = 1; trace <= kTraces; ++trace) {
      EXPECT_EQ(hops(trace), linked[trace]) << "trace " << trace;
      if (!component) {
        EXPECT_EQ(hops(trace, kLinking), linking[trace]) << "trace " << trace;
      }
    }
  }

  std::mt19937_64 random_;
  Edges edges_;
  Edges half_;  // of the stalled batch: the far end is written
  std::map<std::uint64_t, bool> origins_;
  unsigned rotations_ = 0;
  unsigned batch_links_ = 0;
};

// A separate story for each seed.
struct Told : RandomStory {
  using RandomStory::run;
  void TestBody() override {}
};

void tell_stories(PropagateMode mode) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Told story;
    story.run(seed, mode);
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}
TEST(RandomStories, LoseNoKeep_InConeMode) { tell_stories(PropagateMode::cone); }
TEST(RandomStories, LoseNoKeep_InComponentMode) { tell_stories(PropagateMode::component); }

}  // namespace
}  // namespace entail::propagate
