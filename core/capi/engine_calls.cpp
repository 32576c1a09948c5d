// Opening, closing and inputs: requests, time, and the outcome of output.
#include "capi/engine_handle.hpp"

namespace {

using namespace entail::capi;
using entail::ConfigMessage;
using entail::ConfigResult;

// A thread keeps its parser's buffers for the next request unless they may have grown beyond this. Hosts such as the Go
// runtime call from dozens of threads, each of which keeps its own.
constexpr std::size_t kParserBytesKept = std::size_t{8} << 20;
// The most that a parser allocates for each byte and each span of a request.
constexpr std::size_t kParserBytesPerProtobufByte = 6;
constexpr std::size_t kParserBytesPerJsonByte = 8;
constexpr std::size_t kParserBytesPerSpan = 112;
// At worst a byte costs so much, in a request that consists of empty spans.
constexpr std::size_t kParserBytesPerByteMax = kParserBytesPerJsonByte + kParserBytesPerSpan / 2;

entail_status_t fail_config(entail_error_t* error, const ConfigMessage& message) noexcept {
  return fail(error, ENTAIL_E_CONFIG, message.text, {0, message.line, message.column});
}

bool is_text(const char* text, std::size_t size) noexcept { return text != nullptr || size == 0; }

entail_status_t open(const entail_open_options_t& given, std::string_view yaml, entail_engine_t** engine,
                     entail_error_t* error) {
  ConfigResult config = entail::parse_options(yaml);
  if (!config.errors.empty()) return fail_config(error, config.errors.front());
  entail::Options options = std::move(*config.options);
  if (given.ingest_lanes_max != 0) options.ingest_lanes_max = given.ingest_lanes_max;
  if (given.output_batch_bytes_max != 0) options.output_batch_bytes_max = given.output_batch_bytes_max;
  if (given.table_seed != 0) options.table_seed = given.table_seed;
  auto open = std::make_unique<EngineState>(given, std::move(options));
  std::string why;
  auto opened = given.on_output != nullptr ? entail::Engine::open(open->options, open->answering_sink, &why)
                                           : entail::Engine::open(open->options, open->sink, &why);
  if (!opened) {
    if (opened.error().code() != entail::ErrorCode::bad_options) return fail(error, opened.error());
    return fail(error, ENTAIL_E_CONFIG, why);
  }
  open->engine = std::move(*opened);
  *engine = acquire_handle(std::move(open));
  return ENTAIL_OK;
}

// The parser of this thread. Frees its buffers if the request made them large.
class ThreadRequest {
 public:
  ThreadRequest(std::size_t bytes, std::size_t parser_bytes_per_byte) noexcept
      : parser_bytes_(bytes * parser_bytes_per_byte), parser_bytes_max_(bytes * kParserBytesPerByteMax) {}
  ~ThreadRequest() {
    // A request that did not parse does not say how many spans it had.
    const std::size_t spans = kept() ? kept()->span_count() : 0;
    const std::size_t bytes = spans == 0 ? parser_bytes_max_ : parser_bytes_ + spans * kParserBytesPerSpan;
    if (bytes > kParserBytesKept) kept().reset();
  }
  ThreadRequest(const ThreadRequest&) = delete;
  ThreadRequest& operator=(const ThreadRequest&) = delete;
  entail::Request& get() {
    if (!kept()) kept().emplace();
    return *kept();
  }

 private:
  static std::optional<entail::Request>& kept() {
    static thread_local std::optional<entail::Request> request;
    return request;
  }
  std::size_t parser_bytes_;
  std::size_t parser_bytes_max_;
};

template <class Parse>
entail_status_t ingest(entail_engine_t* engine, std::size_t bytes, std::size_t parser_bytes_per_byte,
                       entail_ingest_receipt_t* receipt, entail_error_t* error, Parse&& parse) noexcept {
  entail_ingest_receipt_t told = ENTAIL_INGEST_RECEIPT_INIT;
  if (receipt != nullptr) {
    if (!is_known(*receipt)) return fail(error, ENTAIL_E_ABI, "receipt: not initialised, or of a newer interface");
    write_struct(told, *receipt);
  }
  return with_engine(engine, CallGuard::Mode::shared, error, [&](EngineState& open) -> entail_status_t {
    ThreadRequest kept(bytes, parser_bytes_per_byte);
    entail::Request& request = kept.get();
    const entail::Result<void> parsed = parse(request);
    if (!parsed.ok()) return fail(error, parsed.error());
    told.signal = static_cast<std::uint32_t>(request.signal());
    told.spans = request.span_count();
    told.values_lost = request.values_lost();
    told.end_time_max_ns = request.end_time_max_ns();
    if (receipt != nullptr) write_struct(told, *receipt);
    if (request.signal() != entail::Request::Signal::traces) return ENTAIL_OK;
    const entail::Result<void> taken = open.engine->ingest(request, &told.spans_rejected);
    if (receipt != nullptr) write_struct(told, *receipt);
    return taken.ok() ? ENTAIL_OK : fail(error, taken.error());
  });
}

// The tick that produced output reports what the sink could not keep for lack of memory.
template <class Tick>
entail_status_t run_tick(entail_engine_t* engine, entail_error_t* error, Tick&& tick) noexcept {
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    const auto lost = [&] { return open.sink.spans_lost + open.sink.records_lost; };
    const std::uint64_t lost_before = lost();
    if (const entail::Result<void> ticked = tick(*open.engine); !ticked.ok()) return fail(error, ticked.error());
    if (lost() == lost_before) return ENTAIL_OK;
    return fail(error, ENTAIL_E_MEMORY, "no memory to keep what was given out: it is lost, and counted");
  });
}

}  // namespace

uint32_t entail_abi_version(void) { return ENTAIL_ABI_VERSION; }

const char* entail_version(void) { return entail::version().data(); }

entail_status_t entail_config_check(const char* yaml, size_t yaml_size, entail_on_config_message_t on_message,
                                    void* user, entail_error_t* error) {
  if (!is_text(yaml, yaml_size)) return fail(error, ENTAIL_E_ARGUMENT, "yaml is NULL");
  return guarded(error, [&]() -> entail_status_t {
    const ConfigResult config = entail::parse_options({yaml, yaml_size});
    if (on_message != nullptr) {
      for (const ConfigMessage& message : config.errors)
        on_message(user, 1, message.line, message.column, message.text.c_str());
      for (const ConfigMessage& message : config.warnings)
        on_message(user, 0, message.line, message.column, message.text.c_str());
    }
    return config.errors.empty() ? ENTAIL_OK : fail_config(error, config.errors.front());
  });
}

const char* entail_config_defaults(void) {
  try {
    static const std::string* const text = new std::string(entail::default_options_yaml());
    return text->c_str();
  } catch (...) {
    return nullptr;
  }
}

entail_status_t entail_engine_open_abi(uint32_t abi_version, const entail_open_options_t* options, const char* yaml,
                                       size_t yaml_size, entail_engine_t** engine, entail_error_t* error) {
  if (engine != nullptr) *engine = nullptr;
  if (abi_version >> 16 != ENTAIL_ABI_MAJOR || (abi_version & 0xffff) > ENTAIL_ABI_MINOR)
    return fail(error, ENTAIL_E_ABI, "the caller was built for another version of the interface");
  if (engine == nullptr) return fail(error, ENTAIL_E_ARGUMENT, "engine is NULL");
  if (!is_text(yaml, yaml_size)) return fail(error, ENTAIL_E_ARGUMENT, "yaml is NULL");
  entail_open_options_t given = ENTAIL_OPEN_OPTIONS_INIT;
  if (options != nullptr) {
    if (!is_known(*options)) return fail(error, ENTAIL_E_ABI, "options: not initialised, or of a newer interface");
    read_struct(*options, given);
  }
  if ((given.flags & ~ENTAIL_OPEN_POLL_DECISIONS) != 0 || given.reserved != 0)
    return fail(error, ENTAIL_E_ARGUMENT, "options: unknown flags, or reserved is not 0");
  if (given.on_batch != nullptr && given.on_output != nullptr)
    return fail(error, ENTAIL_E_ARGUMENT, "options: on_batch and on_output exclude each other");
  if (given.ingest_lanes_max > entail::kIngestLanesMax)
    return fail(error, ENTAIL_E_ARGUMENT, "options: ingest_lanes_max is above 256");
  return guarded(error, [&] { return open(given, {yaml, yaml_size}, engine, error); });
}

void entail_engine_close(entail_engine_t* engine) { release_handle(engine).reset(); }

entail_status_t entail_ingest_otlp(entail_engine_t* engine, const uint8_t* bytes, size_t bytes_size,
                                   entail_ingest_receipt_t* receipt, entail_error_t* error) {
  if (bytes == nullptr && bytes_size != 0) return fail(error, ENTAIL_E_ARGUMENT, "bytes is NULL");
  return ingest(engine, bytes_size, kParserBytesPerProtobufByte, receipt, error,
                [&](entail::Request& request) { return request.parse_protobuf({bytes, bytes_size}); });
}

entail_status_t entail_ingest_otlp_json(entail_engine_t* engine, const char* text, size_t text_size,
                                        entail_ingest_receipt_t* receipt, entail_error_t* error) {
  if (!is_text(text, text_size)) return fail(error, ENTAIL_E_ARGUMENT, "text is NULL");
  return ingest(engine, text_size, kParserBytesPerJsonByte, receipt, error,
                [&](entail::Request& request) { return request.parse_json({text, text_size}); });
}

entail_status_t entail_tick(entail_engine_t* engine, int64_t now_ns, entail_error_t* error) {
  return run_tick(engine, error, [&](entail::Engine& open) { return open.tick(now_ns); });
}

entail_status_t entail_drain(entail_engine_t* engine, int64_t now_ns, entail_error_t* error) {
  return run_tick(engine, error, [&](entail::Engine& open) { return open.drain(now_ns); });
}

entail_status_t entail_offer_output(entail_engine_t* engine, uint64_t* waiting, entail_error_t* error) {
  return with_engine(engine, CallGuard::Mode::exclusive, error, [&](EngineState& open) -> entail_status_t {
    const entail::Result<std::uint64_t> left = open.engine->offer_output();
    if (!left.ok()) return fail(error, left.error());
    if (waiting != nullptr) *waiting = *left;
    return ENTAIL_OK;
  });
}

entail_status_t entail_acknowledge(entail_engine_t* engine, uint64_t batch_id, uint32_t outcome,
                                   entail_error_t* error) {
  if (outcome > ENTAIL_DELIVERY_FAILED) return fail(error, ENTAIL_E_ARGUMENT, "no such outcome");
  return with_engine(engine, CallGuard::Mode::reentrant, error, [&](EngineState& open) -> entail_status_t {
    const auto delivery = outcome == ENTAIL_DELIVERY_FAILED ? entail::Delivery::failed : entail::Delivery::delivered;
    const entail::Result<void> done = open.engine->acknowledge(batch_id, delivery);
    return done.ok() ? ENTAIL_OK : fail(error, done.error());
  });
}
