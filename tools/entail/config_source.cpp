#include "config_source.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "console.hpp"
#include "output/shown_text.hpp"

namespace entail::cli {
namespace {

constexpr std::size_t kTextBytesMax = std::size_t{16} << 20;

struct ReadText {
  std::string text;
  std::string problem;  // why it could not be read; empty: it was
};

ReadText read_text(const std::string& path) {
  ReadText read;
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    read.problem = std::string("cannot be read: ") + std::strerror(errno);
    return read;
  }
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) read.problem = std::string("cannot be read: ") + std::strerror(errno);
    if (got <= 0) break;
    read.text.append(block.data(), static_cast<std::size_t>(got));
    if (read.text.size() > kTextBytesMax) {
      read.problem = "too large for a configuration";
      break;
    }
  }
  if (fd != STDIN_FILENO) ::close(fd);
  return read;
}

// Names the option that helps with an error of the library, which knows nothing of options.
void print_hint(const std::vector<ConfigMessage>& errors, std::string_view text, const char* hint) {
  const auto has_text = [&](const ConfigMessage& error) { return error.text.find(text) != std::string::npos; };
  if (std::ranges::any_of(errors, has_text)) std::fprintf(stderr, "entail: %s\n", hint);
}

bool is_variable_name(const std::string& name) {
  const auto is_part = [](unsigned char c) { return c == '_' || (c < 0x80 && std::isalnum(c) != 0); };
  return !name.empty() && std::ranges::all_of(name, is_part) && !(name[0] >= '0' && name[0] <= '9');
}

// NAME=VALUE, or NAME alone for the value that the process has. A problem, or empty.
std::string add_variable(const std::string& text, std::map<std::string, std::string>& variables) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (!is_variable_name(name)) {
    return "'" + name + "' is not a variable name: expected NAME=VALUE, where NAME has letters, digits and underscores";
  }
  std::string value = equals == std::string::npos ? std::string() : text.substr(equals + 1);
  if (equals == std::string::npos) {
    const char* const inherited = std::getenv(name.c_str());
    if (!inherited) return "the environment has no variable " + name;
    value = inherited;
  }
  if (!simdjson::validate_utf8(value)) return "the value of " + name + " is not UTF-8";
  variables[name] = std::move(value);
  return {};
}

// Blank lines and lines that begin with # are skipped. False: an error was added.
bool add_variables_file(const std::string& path, std::map<std::string, std::string>& variables,
                        std::vector<ConfigMessage>& errors) {
  const ReadText read = read_text(path);
  if (!read.problem.empty()) {
    errors.push_back({0, 0, read.problem});
    return false;
  }
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < read.text.size();) {
    const std::size_t end = std::min(read.text.find('\n', at), read.text.size());
    std::string line = read.text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty() || line[0] == '#') continue;
    if (const std::string problem = add_variable(line, variables); !problem.empty())
      errors.push_back({number, 1, problem});
  }
  return errors.empty();
}

// Values for ${env:NAME}: those of the file, then those of the command line. Nothing if there is an error.
std::optional<std::map<std::string, std::string>> variables_of(const ConfigSource& source, LoadedConfig& loaded) {
  std::map<std::string, std::string> variables;
  if (!source.variables_file.empty() && !add_variables_file(source.variables_file, variables, loaded.errors)) {
    for (const ConfigMessage& error : loaded.errors) print_message(source.variables_file, error, "");
    return std::nullopt;
  }
  for (const std::string& variable : source.variables) {
    const std::string problem = add_variable(variable, variables);
    if (problem.empty()) continue;
    loaded.errors.push_back({0, 0, problem});
    print_message("--env", loaded.errors.back(), "");
  }
  if (!loaded.errors.empty()) return std::nullopt;
  return variables;
}

}  // namespace

void add_source_options(Command& command, ConfigSource& source) {
  command
      .add_option("--instance", source.instance,
                  "Component of a Collector configuration: its ID, or the part behind the slash")
      .value("NAME");
  command
      .add_repeatable("--env", source.variables,
                      "NAME=VALUE for ${env:NAME} in the configuration; NAME alone: as in the environment. Repeatable")
      .value("NAME=VALUE");
  command.add_option("--env-file", source.variables_file, "File with a NAME=VALUE on each line").file();
}

void print_message(const std::string& file, const ConfigMessage& message, const char* kind) {
  std::string place = shown_text(file);
  if (message.line > 0) place += ":" + std::to_string(message.line);
  if (message.line > 0 && message.column > 0) place += ":" + std::to_string(message.column);
  const Paint paint = paint_for(STDERR_FILENO);
  const std::string_view colour = *kind ? paint.yellow() : paint.red();
  const std::string line =
      std::string(colour) + place + ":" + std::string(paint.end()) + " " + kind + shown_text(message.text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

LoadedConfig load_config(const ConfigSource& source, const Options& defaults) {
  LoadedConfig loaded;
  ConfigContext context;
  context.instance = source.instance;
  context.environment = variables_of(source, loaded);
  if (!context.environment) return loaded;
  const ReadText read = read_text(source.path);
  if (!read.problem.empty()) {
    loaded.errors.push_back({0, 0, read.problem});
    print_message(source.name(), loaded.errors.back(), "");
    return loaded;
  }
  ConfigResult result = parse_options(read.text, defaults, context);
  for (const ConfigMessage& message : result.warnings) print_message(source.name(), message, "warning: ");
  for (const ConfigMessage& message : result.errors) print_message(source.name(), message, "");
  print_hint(result.errors, "has no value", "--env NAME=VALUE and --env-file FILE give variables their values");
  print_hint(result.errors, "there are '", "--instance NAME chooses one of several components");
  if (result.errors.empty()) loaded.options = std::move(result.options);
  loaded.errors = std::move(result.errors);
  loaded.warnings = std::move(result.warnings);
  loaded.no_origins = std::move(result.no_origins);
  return loaded;
}

}  // namespace entail::cli
