#include "input/input_report.hpp"

#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kPathBytesMax = 200;

std::string_view loss_text(JsonLoss::Reason reason) noexcept {
  switch (reason) {
    case JsonLoss::Reason::wrong_type:
      return "wrong type, dropped";
    case JsonLoss::Reason::not_representable:
      return "not representable in protobuf, dropped";
    case JsonLoss::Reason::bad_id:
      return "not an ID of the right length";
    case JsonLoss::Reason::unknown_key:
      return "not part of OTLP, ignored";
    case JsonLoss::Reason::replaces:
      return "replaces an earlier value, dropped";
  }
  return {};
}

std::string place_of(const std::string& file, const Problem& problem) {
  return file + (problem.line > 0 ? ":" + std::to_string(problem.line) : "") + ": ";
}

}  // namespace

void InputReport::skip(Request::Signal signal) noexcept {
  switch (signal) {
    case Request::Signal::traces:
      return;
    case Request::Signal::logs:
      ++skipped_[static_cast<std::size_t>(Skip::logs)];
      return;
    case Request::Signal::metrics:
      ++skipped_[static_cast<std::size_t>(Skip::metrics)];
      return;
    case Request::Signal::profiles:
      ++skipped_[static_cast<std::size_t>(Skip::profiles)];
      return;
  }
}

void InputReport::problem(const std::string& file, const Problem& problem) {
  clean_ = false;
  if (problem.kind == ProblemKind::malformed) ++skipped_[static_cast<std::size_t>(Skip::malformed)];
  if (problem.kind == ProblemKind::truncated) ++skipped_[static_cast<std::size_t>(Skip::truncated)];
  show(file, problem);
}

void InputReport::show(const std::string& file, const Problem& problem) {
  if (++reported_by_file_[file] > kMessagesMax) return;
  console_.message(place_of(file, problem) + problem.text);
}

void InputReport::json_losses(const std::string& file, const Problem& problem, const Request& request) {
  Losses& losses = json_losses_by_file_[file];
  losses.count += request.json_loss_count();
  if (losses.reported >= kMessagesMax) return;
  for (const JsonLoss& loss : request.first_json_losses()) {
    if (losses.reported == kMessagesMax) return;
    ++losses.reported;
    console_.message(place_of(file, problem) + shown_text(loss.path, kPathBytesMax) + ": " +
                     std::string(loss_text(loss.reason)) + problem.text);
  }
}

void InputReport::finish() {
  for (const auto& [file, count] : reported_by_file_) {
    if (count > kMessagesMax)
      console_.message(file + ": " + grouped(count - kMessagesMax) + " more problems like these");
  }
  for (const auto& [file, losses] : json_losses_by_file_) {
    if (losses.count > losses.reported)
      console_.message(file + ": " + grouped(losses.count - losses.reported) + " more JSON values like these");
  }
}

}  // namespace entail::cli
