// Notes of spans: what they hold, which spans are noted, and what is kept of them, against a plain choice.
#include "notes/trace_notes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "notes/trace_words.hpp"

namespace entail::notes {
namespace {

std::string field(unsigned number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  std::size_t size = content.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>(size | 0x80);
  return out + static_cast<char>(size) + content;
}
std::string resource_of(const std::string& service) {
  return field(1, field(1, field(1, "host.name") + field(2, field(1, "h"))) +
                      field(1, field(1, "service.name") + field(2, field(1, service))));
}
std::string span_of(const std::string& name, const std::string& message) {
  return field(1, std::string(16, 'x')) + field(2, std::string(8, 'y')) + field(5, "first name") + field(5, name) +
         field(15, field(2, message));
}
Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

SpanNotePointer note(const std::string& service, const std::string& name, const std::string& message, unsigned roles,
                     std::uint64_t start = 5, std::uint64_t id = 1) {
  const std::string payload = span_of(name, message);
  const std::string resource = resource_of(service);
  return make_note({bytes_of(payload), service_of(bytes_of(resource)), start, SpanId{id}},
                   static_cast<std::uint16_t>(roles));
}

TEST(SpanNote, HoldsTheTextsThatItsRolesNeed) {
  const SpanNotePointer all = note("shop", "GET /", "no stock", kRoot | kError);
  EXPECT_EQ(all->service(), "shop");
  EXPECT_EQ(all->name(), "GET /") << "the last of several";
  EXPECT_EQ(all->message(), "no stock");
  EXPECT_GE(all->bytes(), sizeof(SpanNote) + 4 + 5 + 8);
  EXPECT_EQ(note("shop", "GET /", "no stock", kRoot)->message(), "");
  const SpanNotePointer service = note("shop", "GET /", "no stock", kService);
  EXPECT_EQ(service->service(), "shop");
  EXPECT_EQ(service->name(), "");
  EXPECT_EQ(service_of({}), "");
}

TEST(SpanNote, CutsAndRepairsTexts) {
  EXPECT_EQ(note("s", std::string(1000, 'n'), "m", kRoot)->name(), std::string(256, 'n'));
  const std::string euros = std::string(255, 'n') + "\xe2\x82\xac";  // the cut would split the character
  EXPECT_EQ(note("s", euros, "m", kRoot)->name(), std::string(255, 'n'));
  EXPECT_EQ(note("s",
                 "a\xff"
                 "bcdef",
                 "m", kRoot)
                ->name(),
            "a\xef\xbf\xbd"
            "bcd")
      << "no longer than what came";
  EXPECT_EQ(cut_text("\x80\x80\x80\x80\x80\x80", 5).size(), 2u);
}

// The words and the record of one trace, as ingest and tick use them.
struct Trace {
  alignas(8) std::byte memory[sizeof(TraceWords)] = {};
  TraceNotes kept;
  std::uint64_t noted = 0;
  std::uint64_t freed = 0;

  TraceWords& words() { return TraceWords::at(memory); }
  void span(const std::string& service, std::uint64_t start, std::uint64_t id, bool is_root, bool is_error) {
    const SpanFacts facts{start, resource_key(std::hash<std::string>()(service)), is_root, is_error};
    const std::uint16_t roles = words().wanted(facts);
    if (is_error) words().count_error();
    if (roles == 0) return;
    SpanNotePointer made = note(service, "n" + std::to_string(id), "m" + std::to_string(id), roles, start, id);
    noted += made->bytes();
    words().push(made.release(), roles, facts);
  }
  void collect() {
    for (SpanNote* at = words().take(); at != nullptr;) {
      SpanNote* const next = at->next;
      freed += kept.add(SpanNotePointer(at));
      at = next;
    }
  }
};

TEST(TraceNotes, KeepWhatAPlainChoiceWouldKeep) {
  std::mt19937_64 random(7);
  for (unsigned round = 0; round < 300; ++round) {
    Trace trace;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> roots, errors;
    std::set<std::string> services;
    const auto spans = static_cast<unsigned>(1 + random() % 60);
    for (unsigned i = 0; i < spans; ++i) {
      const std::string service = "s" + std::to_string(10 + random() % (round % 3 == 0 ? 30 : 4));
      const std::uint64_t start = random() % 9;
      const bool is_root = random() % 4 == 0, is_error = random() % 3 == 0;
      trace.span(service, start, i + 1, is_root, is_error);
      if (is_root) roots[{start, i + 1}] = service;
      if (is_error) errors[{start - 1, i + 1}] = service;  // 0 is not known, and last
      services.insert(service);
      if (random() % 7 == 0) trace.collect();
    }
    trace.collect();
    ASSERT_EQ(trace.kept.has_root(), !roots.empty());
    if (!roots.empty()) {
      EXPECT_EQ(trace.kept.root()->service(), roots.begin()->second);
      EXPECT_EQ(trace.kept.root()->name(), "n" + std::to_string(roots.begin()->first.second));
    }
    ASSERT_EQ(trace.kept.error() != nullptr, !errors.empty());
    if (!errors.empty()) {
      EXPECT_EQ(trace.kept.error()->message(), "m" + std::to_string(errors.begin()->first.second));
    }
    std::vector<std::string> got;
    trace.kept.for_each_service([&](std::string_view service) { got.emplace_back(service); });
    std::vector<std::string> expected(services.begin(), services.end());
    expected.resize(std::min<std::size_t>(expected.size(), kServicesMax));
    EXPECT_EQ(got, expected);
    EXPECT_EQ(trace.freed + trace.kept.clear(), trace.noted);
    EXPECT_TRUE(trace.kept.empty());
  }
}

TEST(TraceNotes, AnEntryStandsInUntilARootComes) {
  TraceNotes notes;
  notes.set_entry(note("edge", "entry", "", kRoot, 1, 1));
  EXPECT_FALSE(notes.has_root());
  EXPECT_EQ(notes.root()->name(), "entry");
  notes.set_entry(note("edge", "better entry", "", kRoot, 2, 2));
  EXPECT_EQ(notes.root()->name(), "better entry") << "the last choice, whatever its time";
  notes.add(note("shop", "root", "", kRoot, 9, 3));
  EXPECT_TRUE(notes.has_root());
  EXPECT_EQ(notes.root()->name(), "root");
  EXPECT_GT(notes.set_entry(note("edge", "entry", "", kRoot, 1, 1)), 0u);
  EXPECT_EQ(notes.root()->name(), "root");
}

TEST(TraceWords, NoteFewSpansOfATrace) {
  Trace trace;
  for (std::uint64_t i = 0; i < 1000; ++i) trace.span("shop", 100 + i, i + 1, i == 0, i >= 500);
  unsigned notes = 0;
  for (SpanNote* at = trace.words().take(); at != nullptr; ++notes) {
    SpanNotePointer taken(at);
    at = taken->next;
  }
  EXPECT_EQ(notes, 2u);
  EXPECT_EQ(trace.words().errors(), 500u);
}

}  // namespace
}  // namespace entail::notes
