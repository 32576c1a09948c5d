#include "tests/verdicts/recorded_file.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace entail {

namespace {

std::string unpacked(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  std::string text;
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context, &out, &in);
    text.append(piece, 0, out.pos);
    if (ZSTD_isError(status) != 0) {
      ADD_FAILURE() << path << ": " << ZSTD_getErrorName(status);
      break;
    }
  }
  ZSTD_freeDCtx(context);
  return text;
}

// "e POLICY EVALUATOR TRACE VERDICT [at=NS] [spans=N] [id=HEX] [consistent]"
void add_evaluation(const std::string& line, const std::vector<std::string>& policies, RecordedFile& file) {
  std::istringstream words(line);
  std::string word;
  std::size_t policy = 0;
  std::size_t evaluator = 0;
  RecordedEvaluation evaluation;
  char verdict = 0;
  words >> word >> policy >> evaluator >> evaluation.trace >> verdict;
  evaluation.verdict = RecordedVerdict{verdict};
  bool consistent = false;
  while (words >> word) {
    consistent |= word == "consistent";
    const std::string value = word.substr(word.find('=') + 1);
    if (word.starts_with("at=")) evaluation.at_ns = std::stoll(value);
    if (word.starts_with("spans=")) evaluation.spans = std::stoull(value);
    if (word.starts_with("id=")) evaluation.trace_id = value;
  }
  ASSERT_LT(policy, policies.size()) << line;
  ASSERT_LT(evaluation.trace, file.traces.size()) << line;
  if (file.evaluators.size() <= evaluator) file.evaluators.resize(evaluator + 1);
  file.evaluators[evaluator].policy = policies[policy];
  file.evaluators[evaluator].consistent = consistent;
  file.evaluators[evaluator].evaluations.push_back(evaluation);
}

}  // namespace

RecordedFile read_recorded(const std::string& path) {
  RecordedFile file;
  std::vector<std::string> policies;
  std::istringstream lines(unpacked(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("p "))
      policies.push_back(line.substr(2));
    else if (line.starts_with("t "))
      file.traces.push_back(line.substr(2));
    else
      add_evaluation(line, policies, file);
  }
  EXPECT_FALSE(file.evaluators.empty()) << path;
  return file;
}

}  // namespace entail
