#include "input/trace_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "stop_signal.hpp"

namespace entail::cli {
namespace {

// Messages read ahead: few when many inputs share the bytes.
std::size_t batch_messages(std::size_t batch_bytes_max) {
  return std::clamp<std::size_t>(batch_bytes_max >> 12, 8, 256);
}

// One request for all checks: looking for the framing may try many messages.
ParseCheck parses_as_traces() {
  return [request = std::make_shared<Request>()](Bytes bytes) {
    return request->parse_protobuf(bytes).ok() && request->span_count() > 0;
  };
}

}  // namespace

OpenedInput open_input(const std::string& path, std::optional<Framing> from, std::size_t message_bytes_max) {
  OpenedInput opened;
  const bool standard_input = path == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    opened.problem = {ProblemKind::unreadable, std::string("cannot be opened: ") + std::strerror(errno), 0};
    return opened;
  }
  auto source = std::make_unique<FileSource>(fd, !standard_input);
  auto view = source->view();
  opened.position = source->position();
  opened.reader.emplace(std::move(source), std::move(view), from, parses_as_traces(), message_bytes_max);
  if (const std::optional<Problem> problem = opened.reader->start_problem()) {
    opened.problem = *problem;
    opened.reader.reset();
  }
  return opened;
}

TraceInput::TraceInput(std::string name, MessageReader reader, InputReport& report, Executor* executor,
                       std::size_t batch_bytes_max)
    : name_(std::move(name)),
      reader_(std::move(reader)),
      report_(report),
      executor_(executor),
      batch_bytes_max_(batch_bytes_max) {
  batch_.resize(executor ? batch_messages(batch_bytes_max) : 1);
}

void TraceInput::read_on() {
  ready_.clear();
  next_ = 0;
  while (ready_.empty() && !ended_) {
    if (stop_requested() && !reader_.next_is_there()) return;
    read_batch();
    const bool stopped = stop_requested();  // what that cut short is no fault of the input
    for_each_index(executor_, batch_count_, [this](std::size_t i) { parse(batch_[i]); });
    for (std::size_t i = 0; i < batch_count_ && !ended_; ++i) {
      if (accept(batch_[i], stopped)) ready_.push_back(&batch_[i]);
    }
    if (ended_) return;
    if (problem_pending_ && !stopped) report_.problem(name_, reader_.problem());
    if (batch_ended_input_) {
      ended_ = true;
      bytes_used_ = reader_.bytes_read();
    }
  }
}

void TraceInput::read_batch() {
  batch_count_ = 0;
  problem_pending_ = false;
  const bool copies = executor_ && reader_.packs_each_message();
  if (executor_ && !stop_requested()) reader_.read_ahead(batch_bytes_max_);
  for (std::size_t bytes = 0; batch_count_ < batch_.size() && bytes < batch_bytes_max_;) {
    if (batch_count_ > 0 && (copies ? reader_.would_wait() : !reader_.next_is_there())) return;
    ParsedRequest& parsed = batch_[batch_count_];
    const MessageReader::Next next = reader_.next(parsed.message);
    batch_ended_input_ = next == MessageReader::Next::end;
    problem_pending_ = next == MessageReader::Next::problem;
    if (next != MessageReader::Next::message) return;
    ++batch_count_;
    bytes += parsed.message.bytes.size();
    if (!copies) continue;  // parsed in place
    parsed.copy.assign(parsed.message.bytes.begin(), parsed.message.bytes.end());
    parsed.message.bytes = parsed.copy;
  }
}

void TraceInput::parse(ParsedRequest& parsed) const {
  const Bytes bytes = parsed.message.bytes;
  parsed.good_size = 0;
  if (parsed.message.json) return parse_json(parsed);
  const Result<void> result = parsed.request.parse_protobuf(bytes);
  parsed.error = result.error();
  parsed.usable = result.ok();
  if (!parsed.usable && reader_.framing() == Framing::proto) parse_what_is_whole(parsed);
}

void TraceInput::parse_json(ParsedRequest& parsed) {
  const Bytes bytes = parsed.message.bytes;
  JsonEnvelope& envelope = parsed.envelope;
  envelope.open({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const Result<void> result =
      envelope.foreign.empty() ? parsed.request.parse_json(envelope.text) : Result<void>(Error(ErrorCode::bad_shape));
  parsed.usable = result.ok();
  parsed.error =
      result.ok() ? Error() : Error(result.error().code(), envelope.offset_in_message(result.error().offset()));
}

// A bare message that was cut or damaged: the fields before that place are a request of their own.
void TraceInput::parse_what_is_whole(ParsedRequest& parsed) const {
  const Bytes bytes = parsed.message.bytes;
  const auto bad_at = static_cast<std::size_t>(std::min<std::uint64_t>(parsed.error.offset(), bytes.size()));
  parsed.good_size = whole_fields_size(bytes.first(bad_at));
  if (parsed.good_size == 0) return;
  const Result<void> result = parsed.request.parse_protobuf(bytes.first(parsed.good_size));
  if (result.error().code() == ErrorCode::out_of_memory) parsed.error = result.error();
  parsed.usable = result.ok() && parsed.request.span_count() > 0;
}

// may_be_cut: a stop was requested, so the last message of a pipe may lack its end. Throws std::bad_alloc if memory ran
// out in the parser: that is no fault of the input.
bool TraceInput::accept(ParsedRequest& parsed, bool may_be_cut) {
  if (parsed.error.code() == ErrorCode::out_of_memory) throw std::bad_alloc();
  if (parsed.error.code() != ErrorCode::none) {
    const bool has_no_end = parsed.message.unterminated || framing() == Framing::json || framing() == Framing::proto;
    if (!may_be_cut || !has_no_end) report_unparsed(parsed);
    if (!parsed.message.json) {
      reader_.stop();
      ended_ = true;
    }
  }
  bytes_used_ = parsed.message.input_bytes;
  if (!parsed.usable) return false;
  if (parsed.request.signal() == Request::Signal::traces) {
    if (parsed.request.json_loss_count() != 0) report_.json_losses(name_, problem_of(parsed, ""), parsed.request);
    return true;
  }
  report_.skip(parsed.request.signal());
  return false;
}

void TraceInput::report_unparsed(const ParsedRequest& parsed) {
  const Message& message = parsed.message;
  Problem problem;
  if (reader_.has_lines()) {
    problem.line = message.place;
    const Error in_line(parsed.error.code(), message.line_offset + parsed.error.offset());
    problem.text = describe(in_line);
    if (in_line.offset() > 0) problem.text += " of the line";
  } else if (reader_.packs_each_message()) {
    problem.text = describe(parsed.error) + " of the message in the frame at byte " + std::to_string(message.place);
  } else {
    const Error absolute(parsed.error.code(), message.place + parsed.error.offset());
    problem.text = describe(absolute);
    if (absolute.offset() == 0) problem.text += " at byte 0";
    if (reader_.packed()) problem.text += " of the unpacked data";
  }
  const bool cut_field =
      reader_.framing() == Framing::proto &&
      (parsed.error.code() == ErrorCode::truncated || parsed.error.code() == ErrorCode::bad_length) &&
      whole_fields_size(message.bytes) < message.bytes.size();
  if (message.json && !parsed.envelope.foreign.empty()) problem.text = parsed.envelope.foreign;
  const bool cut_line =
      message.unterminated && ends_early({reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()});
  problem.kind = cut_line || cut_field ? ProblemKind::truncated : ProblemKind::malformed;
  report_.problem(name_, problem);
}

void TraceInput::refuse(const ParsedRequest& parsed, const std::string& why) {
  report_.problem(name_, problem_of(parsed, why));
}

void TraceInput::lose(const ParsedRequest& parsed, const std::string& why) {
  report_.loss(name_, problem_of(parsed, why));
}

Problem TraceInput::problem_of(const ParsedRequest& parsed, const std::string& why) const {
  const Message& message = parsed.message;
  Problem problem{ProblemKind::malformed, why, 0};
  if (reader_.has_lines()) {
    problem.line = message.place;
  } else {
    problem.text += " (the message at byte " + std::to_string(message.place) + ")";
  }
  return problem;
}

}  // namespace entail::cli
