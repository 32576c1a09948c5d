// The file behind an output: written under a temporary name beside its target, which it replaces only when it is whole.
//
// Until publish() the target is as it was, whatever happens: a full disk, a crash, a signal. A symbolic link is
// followed, and its target replaced; a file that is replaced passes on its permissions, and its owner where the system
// permits. Standard output, pipes and devices have no temporary name: they are written at once.
//
// Thread rule: Confined; remove_temporary_files() may run in a signal handler at any moment.
#pragma once

#include <signal.h>

#include <string>

namespace entail::cli {

class OutputTarget {
 public:
  // "-" is standard output. Check error_number() afterwards.
  explicit OutputTarget(const std::string& path);
  // Removes a temporary file that was neither published nor kept.
  ~OutputTarget();
  OutputTarget(const OutputTarget&) = delete;
  OutputTarget& operator=(const OutputTarget&) = delete;

  int fd() const noexcept { return fd_; }
  int error_number() const noexcept { return error_number_; }  // why it could not be opened, closed or renamed; 0: fine
  // It has a temporary name; else what is written is there at once.
  bool is_temporary() const noexcept { return !temporary_.empty(); }
  const std::string& temporary_name() const noexcept { return temporary_; }
  // The temporary file stays: it could not be renamed, or keep_temporary() was called.
  bool is_kept() const noexcept { return kept_; }

  // Closes the file, which is whole. False: the system reported an error.
  bool close();
  // Gives a closed file its name. False: it has to stay under its temporary name, and is kept there.
  bool publish();
  // The same, but remembers what it replaces until confirm() or take_back().
  bool publish_for_now();
  void confirm() noexcept;
  // What publish_for_now() replaced is there again, and the new file has its temporary name.
  void take_back();
  // Leaves the temporary file where it is.
  void keep_temporary();
  // Closes and removes the temporary file.
  void discard();

 private:
  void open_special(const std::string& path);
  void open_temporary();

  std::string target_;     // the path behind all symbolic links
  std::string temporary_;  // empty: none, or no longer there
  int fd_ = -1;
  int error_number_ = 0;
  std::string earlier_;    // a second name of the file that was replaced for now
  std::string published_;  // the temporary name that was given up for now
  bool replaces_ = false;  // there is a file at the target
  bool kept_ = false;      // the temporary file stays
};

// Blocks signals in this thread while files are renamed. Handlers that run in other threads wait for the end of it, so
// no signal ends the process in between.
class SignalPause {
 public:
  SignalPause() noexcept;
  ~SignalPause();
  SignalPause(const SignalPause&) = delete;
  SignalPause& operator=(const SignalPause&) = delete;

 private:
  sigset_t before_;
};

// How the names of this process's temporary files for `target` begin: FOLDER/.NAME.entail-PID.
std::string temporary_prefix(const std::string& target);

// The path behind all symbolic links; its last part need not exist.
std::string resolved_path(std::string path);

// "-" for every name of standard output, such as /dev/stdout; any other path as it is.
std::string output_name(const std::string& path);

// True for "-", /dev/stderr, /dev/fd/3 and the like: what is written there goes to a file that is open.
bool names_open_file(const std::string& path);

// "-" is standard output.
bool is_terminal(const std::string& path);

// True for "-" and every other name of standard input, such as /dev/stdin.
bool is_standard_input(const std::string& path);

// Removes the temporary files of all targets. Safe in a signal handler.
void remove_temporary_files() noexcept;

}  // namespace entail::cli
