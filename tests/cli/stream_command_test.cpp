// `entail links` and `entail convert` on an input without end: output appears as input arrives, and on an interrupt
// they end with what was read so far.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <array>

#include "command_run.hpp"

namespace entail::cli {
namespace {

using namespace test;

constexpr int kWaitMs = 20'000;

// A running command; its standard input and output are pipes, its standard error a file.
class StreamCommand : public CommandTest {
 protected:
  void start(const std::vector<std::string>& arguments) {
    std::array<int, 2> in, out;
    ASSERT_EQ(::pipe2(in.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    std::vector<char*> texts = {const_cast<char*>("entail")};
    for (const std::string& argument : arguments) texts.push_back(const_cast<char*>(argument.c_str()));
    texts.push_back(nullptr);
    const std::string err_path = path("err");
    child_ = ::fork();
    if (child_ == 0) {
      const int err = ::open(err_path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(err, 2);
      ::execv(ENTAIL_COMMAND, texts.data());
      ::_exit(99);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_child_ = in[1];
    from_child_ = out[0];
  }

  void TearDown() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    CommandTest::TearDown();
  }

  void send(const std::string& text) {
    ASSERT_EQ(::write(to_child_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  // Reads until the text ends with a newline, the output ends, or a timeout.
  std::string receive() {
    std::string text;
    pollfd waiting = {from_child_, POLLIN, 0};
    while (!text.ends_with('\n') && ::poll(&waiting, 1, kWaitMs) > 0) {
      std::array<char, 4096> block;
      const ssize_t got = ::read(from_child_, block.data(), block.size());
      if (got <= 0) break;
      text.append(block.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  // The pipe is empty once all is read; it is processed a moment later.
  void wait_until_read() {
    for (int waited = 0, unread = 1; unread != 0 && waited < kWaitMs; waited += 10) {
      ASSERT_EQ(::ioctl(to_child_, FIONREAD, &unread), 0);
      ::usleep(10'000);
    }
    ::usleep(300'000);
  }

  int interrupted() {
    ::kill(child_, SIGINT);
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string line_ = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"n","links":[{}]}]}]}]})"
                            "\n";
  pid_t child_ = -1;
  int to_child_ = -1, from_child_ = -1;
};

TEST_F(StreamCommand, ConvertStreamsItsInput) {
  start({"convert", "-", "-o", "-", "--to", "jsonl", "--json"});
  for (int i = 0; i < 3; ++i) {
    send(line_);
    EXPECT_EQ(receive(), line_);
  }
  EXPECT_EQ(interrupted(), 130);
  simdjson::dom::parser parser;
  const std::string summary = read_file(path("err"));
  EXPECT_EQ(number(parse(parser, summary), "/spans"), 3u);
}

TEST_F(StreamCommand, ConvertEndsItsDocument_OnInterrupt) {
  start({"convert", "-", "-o", "-", "--to", "json"});
  send(line_);
  const std::string begin = "{\"resourceSpans\":[";
  std::string text;
  while (text.find("\"links\":[{}]") == std::string::npos) {
    pollfd waiting = {from_child_, POLLIN, 0};
    ASSERT_GT(::poll(&waiting, 1, kWaitMs), 0);
    std::array<char, 4096> block;
    const ssize_t got = ::read(from_child_, block.data(), block.size());
    ASSERT_GT(got, 0);
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  EXPECT_TRUE(text.starts_with(begin)) << text;
  EXPECT_EQ(interrupted(), 130);
  EXPECT_EQ(text + receive(), line_);
  EXPECT_TRUE(contains(read_file(path("err")), "Converted (interrupted)"));
}

TEST_F(StreamCommand, LinksShowsWhatWasRead_OnInterrupt) {
  start({"links", "-", "--json"});
  send(line_);
  wait_until_read();
  EXPECT_EQ(interrupted(), 130);
  simdjson::dom::parser parser;
  const std::string summary = receive();
  EXPECT_EQ(number(parse(parser, summary), "/links/received"), 1u);
}

// A request with one failed span, which is kept.
std::string failed_span(unsigned trace, std::uint64_t end_second) {
  char id[33];
  std::snprintf(id, sizeof(id), "%032x", trace);
  return std::string(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":")") + id +
         R"(","spanId":"0000000000000001","name":"n","endTimeUnixNano":")" + std::to_string(end_second) +
         R"(000000000","status":{"code":2}}]}]}]})" + "\n";
}

// Everything that was read is decided and written, although the input has not ended.
TEST_F(StreamCommand, SampleDecidesWhatWasRead_OnInterrupt) {
  constexpr unsigned kRequests = 200;
  for (const char* const threads : {"1", "2"}) {
    start({"sample", "-", "-o", "-", "--to", "jsonl", "--threads", threads});
    for (unsigned i = 1; i <= kRequests; ++i) send(failed_span(i, 1'700'000'000));
    send(R"({"resourceSpans":[{"scopeSpans")");  // cut short by the interrupt, which is no fault of the input
    wait_until_read();
    EXPECT_EQ(interrupted(), 130);
    std::string out;
    for (std::string text = receive(); !text.empty(); text = receive()) out += text;
    for (unsigned i = 1; i <= kRequests; i += 20) {
      const std::string request = failed_span(i, 1'700'000'000);
      EXPECT_TRUE(contains(out, request.substr(request.find("traceId"), 44))) << threads << " threads, trace " << i;
    }
    EXPECT_FALSE(contains(read_file(path("err")), "malformed")) << read_file(path("err"));
  }
}

// With several threads, too, what arrives is used before there is much of it.
TEST_F(StreamCommand, SampleStreamsItsInput) {
  start({"sample", "-", "-o", "-", "--to", "jsonl", "--threads", "2"});
  for (unsigned i = 1; i <= 5; ++i) send(failed_span(i, 1'700'000'000 + 40 * i));
  EXPECT_TRUE(contains(receive(), "00000001"));
}

}  // namespace
}  // namespace entail::cli
