#include "base/loss.hpp"

#include <array>

#include "entail/entail.hpp"

namespace entail {
namespace {

constexpr std::array<LossInfo, base::kLossCount> kTable = {{
#define ENTAIL_LOSS_ROW(name, severity, help) {#name, #severity, help},
    ENTAIL_LOSS_TABLE(ENTAIL_LOSS_ROW)
#undef ENTAIL_LOSS_ROW
}};

}  // namespace

namespace base {
std::string_view loss_name(Loss loss) noexcept {
  const auto index = static_cast<unsigned>(loss);
  return index < kLossCount ? kTable[index].name : std::string_view{};
}
}  // namespace base

inline namespace v1 {
std::span<const LossInfo> loss_table() noexcept { return kTable; }
}  // namespace v1
}  // namespace entail
