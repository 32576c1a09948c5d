// The table of README.md: what this run of the program proved and refuted.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace interleave {

// The test suite has the name of the protocol: LateEdge proves late_edge.
std::string protocol_of(const std::string& suite);

struct Proofs {
  std::set<std::string> test_files;  // without the folder
  std::vector<std::string> proved;   // "name (schedules)"
  std::vector<std::string> refuted;  // "name (the schedule that fails)"
};
// By protocol, in this run so far.
std::map<std::string, Proofs>& proofs();

// Records a result of the running test.
void note_proof(const std::string& name, std::uint64_t schedules);
void note_refutation(const std::string& name, std::uint64_t schedule);

// The files of core with a block "// PROTOCOL name:", by name.
std::map<std::string, std::string> protocols_of_core();

// One row a protocol.
std::string proof_table();

}  // namespace interleave
