// One input as parsed trace requests, in the order of the input.
//
// Requests of other signals are skipped and counted; what does not parse is reported, and in binary framings ends
// the input, since the frames behind a broken one cannot be trusted. Which requests come out, and what is reported,
// does not depend on the number of threads. Thread rule: Confined; parsing alone is spread over the executor.
//
// Memory: without an executor one message, with one a batch: its bytes at most batch_bytes_max plus one message. They
// are parsed where they were read; only packed messages are copied. A batch that fits in a core's cache is still there
// when it is taken in.
#pragma once

#include <string>
#include <vector>

#include "entail/entail.hpp"
#include "executor.hpp"
#include "input/input_report.hpp"
#include "input/json_envelope.hpp"
#include "input/message_reader.hpp"

namespace entail::cli {

struct ParsedRequest {
  Request request;
  Message message;
  JsonEnvelope envelope;           // of a JSON message: what it was wrapped in
  std::vector<std::uint8_t> copy;  // the bytes of a message of a batch that was packed by itself
  Error error;
  std::size_t good_size = 0;  // bytes of the message that `request` holds, when error says that not all parsed
  bool usable = false;
};

class TraceInput {
 public:
  TraceInput(std::string name, MessageReader reader, InputReport& report, Executor* executor,
             std::size_t batch_bytes_max);

  // The next request, or null: then read_on() is due, or the input has ended.
  ParsedRequest* head() noexcept { return next_ < ready_.size() ? ready_[next_] : nullptr; }
  // The request that is i behind head(), as far as parsed already; else null.
  ParsedRequest* ahead(std::size_t i) noexcept { return i < ready_.size() - next_ ? ready_[next_ + i] : nullptr; }
  void pop() noexcept { ++next_; }
  bool ended() const noexcept { return ended_ && next_ == ready_.size(); }
  // Reads and parses on; after a stop was requested, only what was read already. Requests given out before are
  // overwritten.
  void read_on();

  const std::string& name() const noexcept { return name_; }
  Framing framing() const noexcept { return reader_.framing(); }
  // What Message::place means: see MessageReader.
  bool has_lines() const noexcept { return reader_.has_lines(); }
  bool packs_each_message() const noexcept { return reader_.packs_each_message(); }
  std::uint64_t bytes_used() const noexcept { return bytes_used_; }
  // Bytes of a regular file that were read, packed or not; 0 unless track() was called.
  std::uint64_t file_bytes_read() const noexcept { return position_.bytes_read(); }
  void track(FilePosition position) noexcept { position_ = position; }
  // Reports a request that parsed, but that the engine could not take in.
  void refuse(const ParsedRequest& parsed, const std::string& why);
  // Reports a good request that does not fit into the engine: no fault of the input, and not counted as skipped.
  void lose(const ParsedRequest& parsed, const std::string& why);

 private:
  void read_batch();
  void parse(ParsedRequest& parsed) const;
  static void parse_json(ParsedRequest& parsed);
  void parse_what_is_whole(ParsedRequest& parsed) const;
  bool accept(ParsedRequest& parsed, bool may_be_cut);
  void report_unparsed(const ParsedRequest& parsed);
  Problem problem_of(const ParsedRequest& parsed, const std::string& why) const;

  std::string name_;
  MessageReader reader_;
  FilePosition position_;
  InputReport& report_;
  Executor* executor_;
  std::size_t batch_bytes_max_;
  std::vector<ParsedRequest> batch_;  // reused; the first batch_count_ count
  std::size_t batch_count_ = 0;
  std::vector<ParsedRequest*> ready_;  // those of the batch that can be used
  std::size_t next_ = 0;
  std::uint64_t bytes_used_ = 0;
  bool batch_ended_input_ = false;
  bool problem_pending_ = false;  // the reader's problem comes after this batch
  bool ended_ = false;
};

// Opens a path ("-": standard input) as messages. On failure the problem is set.
struct OpenedInput {
  std::optional<MessageReader> reader;
  FilePosition position;
  Problem problem;
};
OpenedInput open_input(const std::string& path, std::optional<Framing> from,
                       std::size_t message_bytes_max = kMessageBytesMax);

}  // namespace entail::cli
