// The command `entail`. Everything it does stands in one file per subcommand.
#include <signal.h>

#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "entail/entail.hpp"

namespace {

int run(int argc, char** argv) {
  using entail::cli::Exit;
  CLI::App app("A tail sampler that follows span links: keeps failed traces, and the traces linked to them.", "entail");
  app.set_version_flag("--version", "entail " + std::string(entail::version()));
  app.require_subcommand(1);
  entail::cli::set_examples(app,
                            "  entail sample -c entail.yaml traces.jsonl -o kept.jsonl --decisions decisions.jsonl\n"
                            "  entail explain 4bf92f --decisions decisions.jsonl\n"
                            "  entail generate --scenario chain --depth 6 -o chain.otlp\n"
                            "  entail links traces.jsonl\n"
                            "  entail convert traces.jsonl -o traces.otlp --to proto-u32be\n"
                            "\nRun `entail COMMAND --help` for the options of a command.");
  entail::cli::Action action;
  entail::cli::add_sample(app, action);
  entail::cli::add_explain(app, action);
  entail::cli::add_generate(app, action);
  entail::cli::add_links(app, action);
  entail::cli::add_convert(app, action);
  entail::cli::add_config(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are successes; every other parse error is wrong usage.
    return app.exit(error) == 0 ? static_cast<int>(Exit::done) : static_cast<int>(Exit::usage);
  }
  return static_cast<int>(action());
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that went away is an error of write(), told by the exit code.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "entail: %s\n", error.what());
    return static_cast<int>(entail::cli::Exit::output_unwritable);
  }
}
