// Messages of one input, whatever it is packed and framed in.
//
// next() gives messages until the input ends or its framing breaks; what went wrong is a Problem that names the place.
// Frames over the limit are skipped without being held, lines without what is beyond the limit. Thread rule: Confined.
// Memory: twice the largest message, which has at most message_bytes_max bytes, plus buffers of some MiB. Nothing is
// allocated per message once the buffers have grown. Cost: linear in the bytes, however few come at a time. Blank
// lines, of which a small packed file may hold thousands of millions, take less than 1 ns each.
#pragma once

#include <optional>
#include <string>

#include "input/framing.hpp"
#include "input/inflate.hpp"

namespace entail::cli {

struct Message {
  Bytes bytes;  // valid until the next call of next(), or longer: next_is_there()
  bool json = false;
  bool unterminated = false;      // a last line without its newline, which may have been cut
  std::uint64_t place = 0;        // line number for JSON lines, else the byte offset of the message (behind its length)
  std::uint64_t input_bytes = 0;  // read of the input up to the end of this message, unpacked
  std::uint64_t line_offset = 0;  // of a line: the blanks in front of `bytes`, which were skipped
};

class MessageReader {
 public:
  // `file` is set for regular files. REQUIRES `from`, if given, to be honoured whatever the bytes look like.
  MessageReader(std::unique_ptr<ByteSource> source, std::optional<FileView> file, std::optional<Framing> from,
                const ParseCheck& parses, std::size_t message_bytes_max = kMessageBytesMax);
  ~MessageReader();
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;

  enum class Next : std::uint8_t { message, problem, end };
  // After a problem next() may be called again: a line or a frame was skipped, or the end follows.
  Next next(Message& message);
  const Problem& problem() const noexcept { return problem_; }

  // Set if nothing at all can be read: the system refused the first bytes, or they are of another format.
  std::optional<Problem> start_problem() const;

  // Reads until `bytes` are there, the input ends, or reading would wait, for a batch of messages that lie side by
  // side. The messages given out before are no longer valid.
  void read_ahead(std::size_t bytes);
  // The next message is there: next() gives it and reads nothing, so that those given out since next() last read stay
  // valid, too. Never where each message is packed.
  bool next_is_there() const noexcept;
  // Nothing is there, and next() would wait for more to arrive. REQUIRES packs_each_message().
  bool would_wait() const { return frames_->would_wait(); }
  // No more messages: the frames behind a broken one cannot be trusted.
  void stop() noexcept { stopped_ = true; }

  Framing framing() const noexcept { return framing_; }
  // Does a line number name the place of a message? Else a byte offset.
  bool has_lines() const noexcept { return framing_ == Framing::jsonl && !frames_; }
  bool packed() const noexcept { return packed_; }
  // Every message is a zstd frame of its own; its place is that of the frame.
  bool packs_each_message() const noexcept { return frames_ != nullptr; }
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }
  // What finding the messages has cost so far: bytes looked at for line ends, and bytes moved to make room.
  std::uint64_t bytes_searched() const noexcept { return bytes_searched_; }
  std::uint64_t bytes_moved() const noexcept { return window_ ? window_->bytes_moved() : 0; }

 private:
  Bytes read_start();
  const std::uint8_t* find_newline(Bytes bytes, std::size_t from) const noexcept;
  bool has_line(Bytes bytes) const noexcept;
  std::uint64_t skip_blanks();
  Next next_line(Message& message);
  Next next_frame(Message& message);
  Next next_whole(Message& message);
  Next next_packed_frame(Message& message);
  Next ended_or_broken();
  Next fail(ProblemKind kind, std::string text);
  Next fail_over_limit(std::string what);
  void skip_long_line();
  bool skip(std::uint64_t size);
  void consume_last();
  void open_packing(std::optional<FileView>& file);

  std::unique_ptr<ByteWindow> window_;
  std::unique_ptr<ZstdFrameReader> frames_;  // instead of window_ when each message is a zstd frame of its own
  Framing framing_ = Framing::jsonl;
  bool packed_ = false;
  bool frame_is_json_ = false;
  bool stopped_ = false;
  bool frame_is_first_ = true;
  std::size_t message_bytes_max_;
  std::size_t pending_bytes_ = 0;  // of the message that was handed out last: consumed by the next call
  std::uint64_t line_ = 0;
  std::uint64_t bytes_read_ = 0;
  mutable std::uint64_t bytes_searched_ = 0;
  std::optional<Framing> from_;
  std::string_view foreign_format_;  // by its first bytes; empty: none that is known
  Problem problem_;
};

}  // namespace entail::cli
