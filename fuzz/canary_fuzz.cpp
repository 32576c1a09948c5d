// Fails on purpose: a reader of a length-delimited field with the usual mistake, an unchecked length.
// tools/fuzz must find it, or the fuzzers are dead. The committed corpus does not trigger it.
#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> bytes(data, data + size);  // on the heap: the sanitizer knows its bounds
  if (size < 4 || bytes[0] != 0x0a || bytes[2] != 0x12) return 0;
  const std::size_t length = bytes[3];
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += bytes[4 + i];  // length may exceed the rest
  volatile std::uint64_t used = sum;
  (void)used;
  return 0;
}
