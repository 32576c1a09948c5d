// Compression of an output, chosen by its name: gzip for .gz, zstd for .zst, nothing for any other.
// Thread rule: Confined. Memory: about 300 KiB for gzip, 2 MiB for zstd.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "entail/types.hpp"

namespace entail::cli {

class Packer {
 public:
  enum class Step : std::uint8_t {
    more,   // may be held back
    flush,  // everything so far can be read once it was written
    end,    // the stream ends; nothing may follow
  };
  using Write = std::function<void(Bytes)>;

  virtual ~Packer() = default;
  // Compresses bytes and passes what is ready to write. False: out of memory.
  virtual bool pack(Bytes bytes, Step step, const Write& write) = 0;
};

// The packer that the name asks for; null if none is needed.
std::unique_ptr<Packer> packer_for(std::string_view name);

}  // namespace entail::cli
