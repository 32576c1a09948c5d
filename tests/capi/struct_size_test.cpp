// Structs of other versions of the interface, and structs that were never initialised.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "tests/capi/c_engine.hpp"

namespace entail::capi_test {
namespace {

constexpr std::size_t kTail = 64;

// A larger struct, as a caller built against a later version has.
template <class Struct>
struct Grown {
  explicit Grown(const Struct& init) : known(init) { std::memset(tail, 0, sizeof tail); }
  Struct known;
  unsigned char tail[kTail];
};

// Tries every size; call(struct) returns the status. Valid sizes are the multiples of 8 up to the larger one.
template <class Struct, class Call>
void try_sizes(const Struct& init, Call&& call, entail_status_t good) {
  static_assert(sizeof(Struct) % 8 == 0);
  const auto with_size = [&](std::size_t size, unsigned char last) {
    auto grown = std::make_unique<Grown<Struct>>(init);
    grown->known.struct_size = static_cast<std::uint32_t>(size);
    if (size > sizeof(Struct)) grown->tail[size - sizeof(Struct) - 1] = last;
    const entail_status_t status = call(&grown->known);
    EXPECT_EQ(grown->known.struct_size, size);
    return status;
  };
  for (std::size_t size = 0; size <= sizeof(Struct) + kTail; ++size) {
    SCOPED_TRACE(size);
    EXPECT_EQ(with_size(size, 0), size != 0 && size % 8 == 0 ? good : ENTAIL_E_ABI);
    if (size > sizeof(Struct)) {
      EXPECT_EQ(with_size(size, 1), ENTAIL_E_ABI);
    }
  }
  Struct wild = init;
  wild.struct_size = 0xffffffff;
  EXPECT_EQ(call(&wild), ENTAIL_E_ABI);
}

TEST(StructSize, OfOpenOptions) {
  const entail_open_options_t init = ENTAIL_OPEN_OPTIONS_INIT;
  try_sizes(
      init,
      [](const entail_open_options_t* options) {
        entail_engine_t* engine = nullptr;
        const entail_status_t status = open(options, kErrors, &engine);
        EXPECT_EQ(engine != nullptr, status == ENTAIL_OK);
        entail_engine_close(engine);
        return status;
      },
      ENTAIL_OK);
}

TEST(StructSize, AShortStructLeavesTheRestAtDefaults) {
  entail_open_options_t options = ENTAIL_OPEN_OPTIONS_INIT;
  options.ingest_lanes_max = 100'000;
  entail_engine_t* engine = nullptr;
  EXPECT_EQ(open(&options, kErrors, &engine), ENTAIL_E_ARGUMENT);
  options.struct_size = offsetof(entail_open_options_t, ingest_lanes_max);
  EXPECT_EQ(open(&options, kErrors, &engine), ENTAIL_OK);
  entail_engine_close(engine);
}

TEST(StructSize, OfReceiptStatisticsAndLossInfo) {
  const OpenEngine engine;
  const entail_ingest_receipt_t receipt = ENTAIL_INGEST_RECEIPT_INIT;
  try_sizes(
      receipt, [&](entail_ingest_receipt_t* out) { return entail_ingest_otlp(engine, nullptr, 0, out, nullptr); },
      ENTAIL_OK);
  const entail_statistics_t statistics = ENTAIL_STATISTICS_INIT;
  try_sizes(statistics, [&](entail_statistics_t* out) { return entail_statistics(engine, out, nullptr); }, ENTAIL_OK);
  const entail_loss_info_t info = ENTAIL_LOSS_INFO_INIT;
  try_sizes(info, [](entail_loss_info_t* out) { return entail_loss_info(0, out, nullptr); }, ENTAIL_OK);
}

TEST(StructSize, OfDecision) {
  const OpenEngine engine;
  std::vector<workload::Span> spans;
  for (unsigned i = 0; i < 100; ++i) spans.push_back(span_of(i + 1, true));
  ASSERT_EQ(ingest(engine, request_of(spans)), ENTAIL_OK);
  ASSERT_EQ(entail_drain(engine, 1, nullptr), ENTAIL_OK);
  const entail_decision_t decision = ENTAIL_DECISION_INIT;
  try_sizes(decision, [&](entail_decision_t* out) { return entail_poll_decision(engine, out, nullptr); }, ENTAIL_OK);
}

// An out-struct is written up to its size, and not one byte further.
TEST(StructSize, WritesNothingBehindAShortStruct) {
  const OpenEngine engine;
  ASSERT_EQ(ingest(engine, request_of({span_of(1, true)})), ENTAIL_OK);
  entail_statistics_t whole = statistics_of(engine);
  for (std::size_t size = 8; size < sizeof whole; size += 8) {
    entail_statistics_t shorter;
    std::memset(&shorter, 0x5a, sizeof shorter);
    shorter.struct_size = static_cast<std::uint32_t>(size);
    ASSERT_EQ(entail_statistics(engine, &shorter, nullptr), ENTAIL_OK);
    // The only count that other threads, and the test itself, may raise meanwhile.
    if (size > offsetof(entail_statistics_t, memory_process_peak_bytes)) {
      EXPECT_GE(shorter.memory_process_peak_bytes, whole.memory_process_peak_bytes);
      whole.memory_process_peak_bytes = shorter.memory_process_peak_bytes;
    }
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&shorter);
    EXPECT_EQ(std::memcmp(bytes + 4, reinterpret_cast<const unsigned char*>(&whole) + 4, size - 4), 0) << size;
    for (std::size_t i = size; i < sizeof shorter; ++i) ASSERT_EQ(bytes[i], 0x5a) << size << " " << i;
  }
}

TEST(StructSize, OfErrorTruncatesTheMessage_NulTerminated) {
  for (std::size_t size = 0; size <= sizeof(entail_error_t) + kTail; ++size) {
    Grown<entail_error_t> grown(ENTAIL_ERROR_INIT);
    std::memset(grown.known.message, 0x5a, sizeof grown.known.message);
    grown.known.struct_size = static_cast<std::uint32_t>(size);
    EXPECT_EQ(entail_tick(nullptr, 0, &grown.known), ENTAIL_E_ARGUMENT);
    const bool is_good = size != 0 && size % 8 == 0;
    EXPECT_EQ(grown.known.status, is_good ? ENTAIL_E_ARGUMENT : ENTAIL_OK) << size;
    const std::size_t message = offsetof(entail_error_t, message);
    if (!is_good || size <= message) {
      EXPECT_EQ(grown.known.message[0], 0x5a) << size;
      continue;
    }
    const std::size_t room = std::min(size - message, sizeof grown.known.message);
    EXPECT_LT(strnlen(grown.known.message, room), room) << size;
    if (room < sizeof grown.known.message) {
      EXPECT_EQ(grown.known.message[room], 0x5a) << size;
    }
  }
}

}  // namespace
}  // namespace entail::capi_test
