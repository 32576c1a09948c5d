// The input is a list of calls of the C interface on one handle, in any order and with any arguments except wild
// pointers: each returns a status declared in entail.h, writes no byte that it may not, and the counts add up after it.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "entail/entail.h"

namespace {

constexpr std::string_view kConfig = R"(
memory_limit: 16MiB
tail_sampling:
  decision_wait: 2s
  policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]
links: {sample: {max_links_per_span: 2}}
retain: {window: 3s}
)";
constexpr unsigned char kCanary = 0xa7;

void require(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  std::uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  // Up to 65,535 bytes, preceded by their count. Null for none.
  std::string_view chunk() {
    std::size_t count = byte() * 256u;
    count = std::min(count + byte(), size_);
    const std::string_view found(count == 0 ? nullptr : reinterpret_cast<const char*>(data_), count);
    data_ += count;
    size_ -= count;
    return found;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

// A struct of a size that the input chooses, with room behind it: a non-zero byte there reveals an overrun.
template <class Struct>
struct Sized {
  Sized(Struct init, Input& input) : known(init) {
    const std::uint8_t choice = input.byte();
    std::memset(tail, choice & 1 ? kCanary : 0, sizeof tail);
    last = tail[0];
    if (choice > 1) known.struct_size = choice * 4u % (sizeof(Struct) + sizeof tail);
  }
  void check() const {
    for (const unsigned char byte : tail) require(byte == last);
  }
  Struct known;
  unsigned char tail[32];
  unsigned char last;
};

// Answers that differ from offer to offer, wrong ones among them. The traces must cover the batch.
std::uint32_t answer_output(void* user, const entail_output_t* batch) {
  std::uint64_t at = 0, spans = 0;
  for (std::uint64_t i = 0; i < batch->trace_count; ++i) {
    require(batch->traces[i].offset == at);
    at += batch->traces[i].size;
    spans += batch->traces[i].span_count;
  }
  require(at == batch->traces_data_size && spans == batch->span_count && batch->id != 0);
  auto& offers = *static_cast<std::uint64_t*>(user);
  return static_cast<std::uint32_t>((batch->id + ++offers) % 4);
}

class Caller {
 public:
  explicit Caller(Input& input) : input_(input) { open(nullptr); }
  ~Caller() { entail_engine_close(engine_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  void call() {
    Sized<entail_error_t> error(ENTAIL_ERROR_INIT, input_);
    entail_error_t* const reported = &error.known;
    reported->message[0] = 0;
    const entail_status_t status = call_one(reported);
    require(status >= ENTAIL_OK && status < ENTAIL_E_INTERNAL);
    require(std::strcmp(entail_status_text(status), "unknown status") != 0);
    require(std::memchr(reported->message, 0, sizeof reported->message) != nullptr);
    error.check();
    entail_statistics_t counts = ENTAIL_STATISTICS_INIT;
    if (entail_statistics(engine_, &counts, nullptr) != ENTAIL_OK) return;
    require(counts.spans_received == counts.spans_emitted + counts.spans_dropped + counts.spans_rejected +
                                         counts.spans_lost + counts.spans_held);
    require(counts.links_received == counts.links_emitted + counts.links_dropped + counts.links_held);
  }

 private:
  void open(const entail_open_options_t* options) {
    entail_engine_close(engine_);
    static_cast<void>(entail_engine_open(options, kConfig.data(), kConfig.size(), &engine_, nullptr));
  }

  // A buffer of a size that the input chooses, with a canary behind it.
  template <class Body>
  entail_status_t with_buffer(Body&& body) {
    const std::size_t capacity = input_.byte() * 16u;
    std::vector<unsigned char> buffer(capacity + 1, kCanary);
    std::size_t size = 0;
    const entail_status_t status = body(buffer.data(), capacity, &size);
    require(buffer.back() == kCanary);
    require(status != ENTAIL_OK || size <= capacity);
    require(status != ENTAIL_E_BUFFER || size > capacity);
    return status;
  }

  template <class Struct, class Body>
  entail_status_t with_struct(Struct init, Body&& body) {
    Sized<Struct> sized(init, input_);
    const entail_status_t status = body(&sized.known);
    sized.check();
    return status;
  }

  entail_status_t call_one(entail_error_t* error);
  entail_status_t poll(unsigned kind, entail_error_t* error);

  Input& input_;
  entail_engine_t* engine_ = nullptr;
  std::int64_t now_ns_ = 0;
  std::uint64_t offers_ = 0;
};

entail_status_t Caller::call_one(entail_error_t* error) {
  const unsigned kind = input_.byte() % 16;
  switch (kind) {
    case 0:
    case 1: {
      const std::string_view bytes = input_.chunk();
      return with_struct(entail_ingest_receipt_t ENTAIL_INGEST_RECEIPT_INIT, [&](entail_ingest_receipt_t* receipt) {
        return kind == 0 ? entail_ingest_otlp(engine_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                              bytes.size(), receipt, error)
                         : entail_ingest_otlp_json(engine_, bytes.data(), bytes.size(), receipt, error);
      });
    }
    case 2:
    case 3:
      now_ns_ += (input_.byte() - 16) * std::int64_t{100'000'000};
      return kind == 2 ? entail_tick(engine_, now_ns_, error) : entail_drain(engine_, now_ns_, error);
    case 4: {
      const std::string_view yaml = input_.chunk();
      return entail_config_check(yaml.data(), yaml.size(), nullptr, nullptr, error);
    }
    case 5:
      return with_struct(entail_open_options_t ENTAIL_OPEN_OPTIONS_INIT, [&](entail_open_options_t* options) {
        options->flags = input_.byte();
        options->output_batch_bytes_max = input_.byte();
        options->ingest_lanes_max = input_.byte() % 8;
        options->user = &offers_;
        if (input_.byte() % 2 != 0) options->on_output = answer_output;
        open(options);
        return ENTAIL_OK;
      });
    case 6:
      entail_engine_close(engine_);
      return ENTAIL_OK;
    default:
      return poll(kind, error);
  }
}

entail_status_t Caller::poll(unsigned kind, entail_error_t* error) {
  switch (kind) {
    case 7:
      return with_buffer([&](unsigned char* buffer, std::size_t capacity, std::size_t* size) {
        return entail_poll_batch(engine_, buffer, capacity, size, nullptr, error);
      });
    case 8:
      return with_struct(entail_decision_t ENTAIL_DECISION_INIT, [&](entail_decision_t* decision) {
        const entail_status_t status = entail_poll_decision(engine_, decision, error);
        if (status == ENTAIL_OK && decision->struct_size >= sizeof *decision)
          require(std::strlen(decision->json) == decision->json_size);
        return status;
      });
    case 9:
      return with_struct(entail_statistics_t ENTAIL_STATISTICS_INIT, [&](entail_statistics_t* statistics) {
        return entail_statistics(engine_, statistics, error);
      });
    case 10: {
      entail_named_count_t counts[8];
      std::size_t count = 0;
      return entail_counts(engine_, input_.byte() % 8, counts, input_.byte() % 8, &count, error);
    }
    case 11:
      return with_struct(entail_loss_info_t ENTAIL_LOSS_INFO_INIT,
                         [&](entail_loss_info_t* info) { return entail_loss_info(input_.byte(), info, error); });
    case 12: {
      std::uint8_t id[16];
      for (std::uint8_t& byte : id) byte = input_.byte();
      return with_buffer([&](unsigned char* buffer, std::size_t capacity, std::size_t* size) {
        return entail_explain(engine_, id, reinterpret_cast<char*>(buffer), capacity, size, error);
      });
    }
    case 14:
      return entail_acknowledge(engine_, input_.byte(), input_.byte() % 3, error);
    case 15:
      return entail_offer_output(engine_, nullptr, error);
    default: {
      const std::string_view bytes = input_.chunk();
      return with_buffer([&](unsigned char* buffer, std::size_t capacity, std::size_t* size) {
        return entail_otlp_to_json(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                   reinterpret_cast<char*>(buffer), capacity, size, error);
      });
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Caller caller(input);
  for (int calls = 0; calls < 64 && !input.empty(); ++calls) caller.call();
  return 0;
}
