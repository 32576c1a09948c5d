// Standard error: messages, and one progress line while it is a terminal. Thread rule: Confined.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace entail::cli {

// How a stream shows tables and messages: in which width, and with ANSI colours or without.
struct Paint {
  bool on = false;
  std::size_t columns = 80;
  // Each gives a start sequence; end() closes it.
  std::string_view bold() const noexcept { return on ? "\x1b[1m" : ""; }
  std::string_view dim() const noexcept { return on ? "\x1b[2m" : ""; }
  std::string_view green() const noexcept { return on ? "\x1b[32m" : ""; }
  std::string_view yellow() const noexcept { return on ? "\x1b[33m" : ""; }
  std::string_view red() const noexcept { return on ? "\x1b[31m" : ""; }
  std::string_view cyan() const noexcept { return on ? "\x1b[36m" : ""; }
  std::string_view end() const noexcept { return on ? "\x1b[0m" : ""; }
};

enum class Color : std::uint8_t { automatic, always, never };

// What --quiet and --color say. Set by the command line before any command acts.
struct Presentation {
  bool quiet = false;
  Color color = Color::automatic;
};
Presentation& presentation() noexcept;

// Colours: as --color says, else as NO_COLOR, CLICOLOR_FORCE and TERM=dumb say, else on a terminal only. Columns: those
// of the terminal, from 40 to 200; 80 if it is none.
Paint paint_for(int fd);

class Console {
 public:
  Console();
  ~Console() { clear_progress(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // "entail: TEXT" on lines of its own; what could drive a terminal is taken out.
  void message(std::string_view text);
  // The same, of what is no error.
  void warning(std::string_view text);
  bool shows_progress() const noexcept { return terminal_; }
  // Progress is shown, and the last time this was true, or the beginning, is a while ago.
  bool progress_is_due();
  // Replaces the progress line, as far as the terminal has room.
  void progress(std::string_view text);
  void clear_progress();
  // Since the beginning.
  double seconds() const;

 private:
  void message_in(std::string_view text, std::string_view colour);

  Paint paint_;
  bool terminal_;  // standard error is one, and progress is wanted
  bool progress_shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_progress_ = begin_;
};

// What a run did, beside the output that it wrote. --quiet leaves it out, unless it was asked for as JSON.
struct SummaryText {
  std::string text;
  bool is_json = false;
  bool to_standard_error = false;  // standard output carries something else
};
// False: it could not be written, and standard error says why.
bool print_summary(const SummaryText& summary);

// Writes text to standard output. False: it could not be written, and standard error says why.
bool print(std::string_view text);

// Thousands in groups: 1,234,567.
std::string grouped(std::uint64_t number);
// 1.5 GiB, 12 MiB, 900 B.
std::string byte_count(std::uint64_t bytes);
// "1 hop", "1,200 hops".
std::string plural(std::uint64_t count, const std::string& one, const std::string& many);

}  // namespace entail::cli
