#include "input/message_reader.hpp"

#include <algorithm>
#include <cstring>

#include "stop_signal.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kVarintBytesMax = 10;
constexpr std::size_t kMarkBytes = 3;                          // UTF-8 byte order mark
constexpr std::size_t kPlausibleBytes = std::size_t{1} << 30;  // a longer frame has a wrong length, rather
constexpr unsigned kPackingLayersMax = 3;  // gzip around the file exporter's frames, and one to spare

bool is_blank(std::uint8_t byte) noexcept { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

// The blanks and line ends that some bytes begin with.
struct Blanks {
  std::size_t size = 0;
  std::size_t newlines = 0;
  std::size_t behind_newline = 0;  // blanks behind the last newline
};

// Block by block, which compilers turn into a few vector instructions: a packed file of some MB may hold thousands of
// millions of empty lines.
Blanks blanks_of(Bytes bytes) noexcept {
  constexpr std::size_t kBlock = 64;
  Blanks blanks;
  if (bytes.empty() || !is_blank(bytes[0])) return blanks;
  for (; bytes.size() - blanks.size >= kBlock; blanks.size += kBlock) {
    std::uint8_t newlines = 0;
    std::uint8_t others = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const std::uint8_t byte = bytes[blanks.size + i];
      newlines = static_cast<std::uint8_t>(newlines + (byte == '\n'));
      others |= static_cast<std::uint8_t>((byte != ' ') & (byte != '\t') & (byte != '\r') & (byte != '\n'));
    }
    if (others != 0) break;
    blanks.newlines += newlines;
  }
  for (; blanks.size < bytes.size() && is_blank(bytes[blanks.size]); ++blanks.size) {
    blanks.newlines += bytes[blanks.size] == '\n';
  }
  if (blanks.newlines == 0) return blanks;
  while (bytes[blanks.size - 1 - blanks.behind_newline] != '\n') ++blanks.behind_newline;
  return blanks;
}

bool begins_with_mark(Bytes bytes) noexcept {
  return bytes.size() >= kMarkBytes && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
}

bool is_json_framing(Framing framing) noexcept { return framing == Framing::jsonl || framing == Framing::json; }

}  // namespace

MessageReader::MessageReader(std::unique_ptr<ByteSource> source, std::optional<FileView> file,
                             std::optional<Framing> from, const ParseCheck& parses, std::size_t message_bytes_max)
    : window_(std::make_unique<ByteWindow>(std::move(source))), message_bytes_max_(message_bytes_max), from_(from) {
  open_packing(file);
  if (from) framing_ = *from;
  if (!frames_) foreign_format_ = foreign_format(window_->fill(kFormatBytes));
  if (from || frames_ || !foreign_format_.empty()) return;
  const Bytes seen = read_start();
  framing_ = detect_framing({seen, window_->ended(), std::move(file)}, parses);
}

// As much as the framing is known by: of lines the first of them, so that a slow pipe is read as it comes. Nothing is
// looked at twice, however few bytes come at a time.
Bytes MessageReader::read_start() {
  Bytes seen = window_->fill(1);
  std::size_t searched = begins_with_mark(seen) ? kMarkBytes : 0;
  bool in_line = false;
  bool line_is_known = false;
  while (seen.size() < kDetectBytes && !window_->ended()) {
    if (!in_line) {
      const std::size_t blanks = blanks_of(seen.subspan(searched)).size;
      bytes_searched_ += blanks;
      searched += blanks;
      in_line = searched < seen.size();
    }
    if (in_line && !line_is_known) {
      line_is_known = find_newline(seen, searched) != nullptr;
      if (line_is_known) bytes_searched_ += seen.size();
      if (line_is_known && begins_with_json_line(seen)) break;
      searched = seen.size();
    }
    seen = window_->fill(seen.size() + 1);
  }
  return seen;
}

// The first newline in bytes[from, end), or null.
const std::uint8_t* MessageReader::find_newline(Bytes bytes, std::size_t from) const noexcept {
  if (from >= bytes.size()) return nullptr;
  const auto* const found =
      static_cast<const std::uint8_t*>(std::memchr(bytes.data() + from, '\n', bytes.size() - from));
  bytes_searched_ += found ? static_cast<std::size_t>(found - bytes.data()) - from + 1 : bytes.size() - from;
  return found;
}

MessageReader::~MessageReader() = default;
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;

// Unwraps gzip and zstd. Behind a packing the file cannot be looked at by offset any more.
void MessageReader::open_packing(std::optional<FileView>& file) {
  for (unsigned layer = 0; layer < kPackingLayersMax; ++layer) {
    switch (detect_packing(window_->fill(8))) {
      case Packing::none:
        return;
      case Packing::gzip:
        window_ = std::make_unique<ByteWindow>(make_gzip_source(std::move(window_)));
        break;
      case Packing::zstd:
        window_ = std::make_unique<ByteWindow>(make_zstd_source(std::move(window_)));
        break;
      case Packing::zstd_frames:
        frames_ = std::make_unique<ZstdFrameReader>(std::move(window_), message_bytes_max_);
        framing_ = Framing::proto_u32be;
        packed_ = true;
        return;
    }
    packed_ = true;
    file.reset();
  }
}

std::optional<Problem> MessageReader::start_problem() const {
  if (!foreign_format_.empty()) return Problem{ProblemKind::malformed, "this is " + std::string(foreign_format_), 0};
  if (frames_ || !window_->ended() || !window_->available().empty()) return std::nullopt;
  const std::optional<Problem>& problem = window_->problem();
  return problem && problem->kind == ProblemKind::unreadable ? problem : std::nullopt;
}

MessageReader::Next MessageReader::next(Message& message) {
  if (stopped_) return Next::end;
  if (frames_) return next_packed_frame(message);
  consume_last();
  switch (framing_) {
    case Framing::jsonl:
      return next_line(message);
    case Framing::proto_u32be:
    case Framing::proto_varint:
      return next_frame(message);
    case Framing::json:
    case Framing::proto:
      return next_whole(message);
  }
  return Next::end;
}

void MessageReader::consume_last() {
  window_->consume(pending_bytes_);
  pending_bytes_ = 0;
}

void MessageReader::read_ahead(std::size_t bytes) {
  if (stopped_ || frames_) return;
  consume_last();
  // Filling up moves what is there to the front. Done only when half is used up, it costs no more than the reading,
  // however few bytes the messages of a batch take.
  if (window_->available().size() < bytes / 2) window_->fill_without_waiting(bytes);
}

bool MessageReader::next_is_there() const noexcept {
  if (stopped_ || frames_) return false;
  const Bytes seen = window_->available().subspan(pending_bytes_);
  switch (framing_) {
    case Framing::jsonl:
      return has_line(seen);
    case Framing::proto_u32be:
      return seen.size() >= 4 && read_u32be(seen) <= seen.size() - 4;
    case Framing::proto_varint: {
      if (seen.size() < kVarintBytesMax) return false;
      const VarintLength length = read_varint_length(seen);
      return length.state == VarintLength::State::good && length.value <= seen.size() - length.size;
    }
    case Framing::json:
    case Framing::proto:
      return false;
  }
  return false;
}

MessageReader::Next MessageReader::fail(ProblemKind kind, std::string text) {
  problem_ = Problem{kind, std::move(text), 0};
  return Next::problem;
}

MessageReader::Next MessageReader::fail_over_limit(std::string what) {
  return fail(ProblemKind::malformed,
              what + " is over the message limit of " + std::to_string(message_bytes_max_) + " bytes");
}

// Nothing more can be read: the plain end, or the source's problem.
MessageReader::Next MessageReader::ended_or_broken() {
  stopped_ = true;
  if (!window_->problem()) return Next::end;
  return fail(window_->problem()->kind, window_->problem()->text);
}

// A whole line that is not blank.
bool MessageReader::has_line(Bytes bytes) const noexcept {
  const std::size_t blank = blanks_of(bytes).size;
  bytes_searched_ += blank;
  return find_newline(bytes, blank) != nullptr;
}

// Skips blank lines, and the blanks that a line begins with, as they come: they are never buffered. Returns how many
// bytes of the current line were skipped.
std::uint64_t MessageReader::skip_blanks() {
  std::uint64_t skipped = 0;
  if (window_->offset() == 0 && begins_with_mark(window_->available())) {
    window_->consume(kMarkBytes);
    bytes_read_ += kMarkBytes;
    skipped = kMarkBytes;
  }
  for (Bytes seen = window_->available();; seen = window_->fill(1)) {
    const Blanks blanks = blanks_of(seen);
    skipped = blanks.newlines > 0 ? blanks.behind_newline : skipped + blanks.size;
    line_ += blanks.newlines;
    bytes_read_ += blanks.size;
    bytes_searched_ += blanks.size;
    window_->consume(blanks.size);
    if (blanks.size < seen.size() || window_->ended() || stop_requested()) return skipped;
  }
}

MessageReader::Next MessageReader::next_line(Message& message) {
  const std::uint64_t skipped = skip_blanks();
  std::size_t searched = 0;
  Bytes seen = window_->available();
  const std::uint8_t* newline = nullptr;
  for (;;) {
    newline = find_newline(seen, searched);
    searched = seen.size();
    if (newline || window_->ended() || searched > message_bytes_max_) break;
    seen = window_->fill(searched + 1);
  }
  if (seen.empty()) return ended_or_broken();
  ++line_;
  const std::size_t size = newline ? static_cast<std::size_t>(newline - seen.data()) : seen.size();
  if (size > message_bytes_max_) {
    skip_long_line();  // what damage cut it short follows as a problem of its own
    fail_over_limit("the line");
    problem_.line = line_;
    return Next::problem;
  }
  // What was cut off by damage is not a line; the problem itself is reported.
  if (!newline && window_->problem()) return ended_or_broken();
  pending_bytes_ = newline ? size + 1 : size;
  bytes_read_ += pending_bytes_;
  message = {seen.first(size), true, newline == nullptr, line_, bytes_read_, skipped};
  return Next::message;
}

// Drops bytes up to the next newline, or to the end.
void MessageReader::skip_long_line() {
  for (;;) {
    const Bytes seen = window_->available().empty() ? window_->fill(1) : window_->available();
    if (seen.empty()) return;
    const auto* const newline = static_cast<const std::uint8_t*>(std::memchr(seen.data(), '\n', seen.size()));
    const std::size_t size = newline ? static_cast<std::size_t>(newline - seen.data()) + 1 : seen.size();
    bytes_read_ += size;
    window_->consume(size);
    if (newline) return;
  }
}

// Drops as many bytes. False: the input ended before.
bool MessageReader::skip(std::uint64_t size) {
  while (size > 0) {
    const Bytes seen = window_->available().empty() ? window_->fill(1) : window_->available();
    if (seen.empty()) return false;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(seen.size(), size));
    bytes_read_ += part;
    window_->consume(part);
    size -= part;
  }
  return true;
}

MessageReader::Next MessageReader::next_frame(Message& message) {
  const std::uint64_t begin = window_->offset();
  Bytes seen = window_->fill(framing_ == Framing::proto_u32be ? 4 : kVarintBytesMax);
  if (seen.empty()) return ended_or_broken();
  std::size_t prefix_size = 4;
  std::uint64_t size = 0;
  bool cut = seen.size() < 4;
  if (framing_ == Framing::proto_u32be) {
    if (!cut) size = read_u32be(seen);
  } else {
    const VarintLength length = read_varint_length(seen);
    if (length.state == VarintLength::State::bad) {
      stopped_ = true;
      return fail(ProblemKind::malformed, "invalid frame length at byte " + std::to_string(begin));
    }
    cut = length.state == VarintLength::State::incomplete;
    prefix_size = length.size;
    size = length.value;
  }
  if (!cut && size > std::max(message_bytes_max_, kPlausibleBytes)) {
    stopped_ = true;
    return fail_over_limit("the frame of " + std::to_string(size) + " bytes at byte " + std::to_string(begin));
  }
  if (!cut && size > message_bytes_max_) {
    if (skip(prefix_size) && skip(size))
      return fail_over_limit("the frame of " + std::to_string(size) + " bytes at byte " + std::to_string(begin));
    cut = true;
  }
  if (!cut) {
    seen = window_->fill(prefix_size + static_cast<std::size_t>(size));
    cut = seen.size() < prefix_size + size;
  }
  if (cut) {
    stopped_ = true;
    if (window_->problem()) return fail(window_->problem()->kind, window_->problem()->text);
    return fail(ProblemKind::truncated, "the input ends inside the frame at byte " + std::to_string(begin));
  }
  pending_bytes_ = prefix_size + static_cast<std::size_t>(size);
  bytes_read_ += pending_bytes_;
  const Bytes frame = seen.subspan(prefix_size, static_cast<std::size_t>(size));
  message = {frame, false, false, begin + prefix_size, bytes_read_, 0};
  return Next::message;
}

// One JSON document or one bare message: all there is. Of a bare message before a damaged place the whole fields count.
MessageReader::Next MessageReader::next_whole(Message& message) {
  if (!frame_is_first_) return ended_or_broken();
  frame_is_first_ = false;
  Bytes seen = window_->fill(message_bytes_max_ + 1);
  if (seen.size() > message_bytes_max_) return fail_over_limit("the message");
  pending_bytes_ = seen.size();
  bytes_read_ += seen.size();
  const bool json = framing_ == Framing::json;
  if (window_->problem()) seen = json ? Bytes() : seen.first(whole_fields_size(seen));
  if (json && seen.size() >= 3 && seen[0] == 0xef) seen = seen.subspan(3);
  if (seen.empty()) return ended_or_broken();
  message = {seen, json, false, 0, bytes_read_, 0};
  return Next::message;
}

MessageReader::Next MessageReader::next_packed_frame(Message& message) {
  Bytes bytes;
  if (!frames_->next(bytes)) {
    stopped_ = true;
    return frames_->problem() ? fail(frames_->problem()->kind, frames_->problem()->text) : Next::end;
  }
  if (frame_is_first_) {
    frame_is_first_ = false;
    frame_is_json_ = from_ ? is_json_framing(*from_) : !bytes.empty() && bytes[0] == '{';
    framing_ = frame_is_json_ ? Framing::jsonl : Framing::proto_u32be;
  }
  bytes_read_ += bytes.size();
  message = {bytes, frame_is_json_, false, frames_->frame_offset(), bytes_read_, 0};
  return Next::message;
}

}  // namespace entail::cli
