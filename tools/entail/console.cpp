#include "console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "output/shown_text.hpp"
#include "output/text_width.hpp"

namespace entail::cli {

namespace {

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value && *value;
}

// A terminal that understands escape sequences.
bool knows_sequences(int fd) {
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) != 0 && !(term && std::string_view(term) == "dumb");
}

bool wants_colours(int fd) {
  if (presentation().color != Color::automatic) return presentation().color == Color::always;
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE") && std::string_view(std::getenv("CLICOLOR_FORCE")) != "0") return true;
  return knows_sequences(fd);
}

std::size_t columns_for(int fd) {
  constexpr std::size_t kColumns = 80;  // of what is no terminal, or does not know its width
  constexpr std::size_t kColumnsMin = 40;
  constexpr std::size_t kColumnsMax = 200;
  winsize size = {};
  if (::isatty(fd) == 0 || ::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumns;
  return std::clamp<std::size_t>(size.ws_col, kColumnsMin, kColumnsMax);
}

}  // namespace

Presentation& presentation() noexcept {
  static Presentation chosen;
  return chosen;
}

Paint paint_for(int fd) { return {wants_colours(fd), columns_for(fd)}; }

Console::Console()
    : paint_(paint_for(STDERR_FILENO)), terminal_(knows_sequences(STDERR_FILENO) && !presentation().quiet) {}

void Console::message(std::string_view text) { message_in(text, paint_.red()); }

void Console::warning(std::string_view text) { message_in(text, paint_.yellow()); }

void Console::message_in(std::string_view text, std::string_view colour) {
  clear_progress();
  std::string safe = std::string(colour) + "entail:" + std::string(paint_.end()) + " ";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    safe += shown_text(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

bool Console::progress_is_due() {
  if (!terminal_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_progress_ < std::chrono::milliseconds(200)) return false;
  last_progress_ = now;
  return true;
}

double Console::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

void Console::progress(std::string_view text) {
  if (!terminal_) return;
  const std::string line = shortened(shown_text(text), paint_.columns - 1);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  progress_shown_ = true;
}

void Console::clear_progress() {
  if (!progress_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  progress_shown_ = false;
}

bool print_summary(const SummaryText& summary) {
  if (presentation().quiet && !summary.is_json) return true;
  if (!summary.to_standard_error) return print(summary.text);
  std::fwrite(summary.text.data(), 1, summary.text.size(), stderr);
  return true;
}

bool print(std::string_view text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) == 0 && written) return true;
  // A reader that went away needs no message.
  if (errno != EPIPE) std::fprintf(stderr, "entail: standard output: cannot be written: %s\n", std::strerror(errno));
  return false;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string plural(std::uint64_t count, const std::string& one, const std::string& many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

std::string byte_count(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), unit > 0 && value < 10 ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace entail::cli
