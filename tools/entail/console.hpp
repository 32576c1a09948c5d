// Standard error: messages, and one progress line while it is a terminal. Thread rule: Confined.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace entail::cli {

// ANSI colours, or nothing at all.
struct Paint {
  bool on = false;
  // Each gives a start sequence; end() closes it.
  std::string_view bold() const noexcept { return on ? "\x1b[1m" : ""; }
  std::string_view dim() const noexcept { return on ? "\x1b[2m" : ""; }
  std::string_view green() const noexcept { return on ? "\x1b[32m" : ""; }
  std::string_view yellow() const noexcept { return on ? "\x1b[33m" : ""; }
  std::string_view red() const noexcept { return on ? "\x1b[31m" : ""; }
  std::string_view cyan() const noexcept { return on ? "\x1b[36m" : ""; }
  std::string_view end() const noexcept { return on ? "\x1b[0m" : ""; }
};

// Colours only on a terminal, and only where NO_COLOR is unset or empty and TERM is not "dumb".
Paint paint_for(int fd);

class Console {
 public:
  Console();
  ~Console() { clear_progress(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // "entail: TEXT" on lines of its own; what could drive a terminal is taken out.
  void message(std::string_view text);
  bool shows_progress() const noexcept { return terminal_; }
  // Progress is shown, and the last time this was true, or the beginning, is a while ago.
  bool progress_is_due();
  // Replaces the progress line.
  void progress(std::string_view text);
  void clear_progress();

 private:
  bool terminal_;
  bool progress_shown_ = false;
  std::chrono::steady_clock::time_point last_progress_ = std::chrono::steady_clock::now();
};

// Writes text to standard output. False: it could not be written, and standard error says why.
bool print(std::string_view text);

// Thousands in groups: 1,234,567.
std::string grouped(std::uint64_t number);
// 1.5 GiB, 12 MiB, 900 B.
std::string byte_count(std::uint64_t bytes);
// "1 hop", "1,200 hops".
std::string plural(std::uint64_t count, const std::string& one, const std::string& many);

}  // namespace entail::cli
