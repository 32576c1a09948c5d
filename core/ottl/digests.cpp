#include "ottl/digests.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.hpp"
#include "base/hash.hpp"

namespace entail::ottl {

namespace {

// The text in blocks, the last ones padded: a bit 1, zeros, and the size in bits.
template <std::size_t BlockBytes, class Mix>
void for_each_block(std::string_view text, bool big_endian_size, const Mix& mix) {
  std::size_t at = 0;
  for (; at + BlockBytes <= text.size(); at += BlockBytes) mix(base::bytes_of(text).data() + at);
  std::uint8_t tail[2 * BlockBytes] = {};
  const std::size_t rest = text.size() - at;
  if (rest != 0) std::memcpy(tail, text.data() + at, rest);
  tail[rest] = 0x80;
  const std::size_t size_bytes = BlockBytes / 8;
  const std::size_t padded = rest + 1 + size_bytes <= BlockBytes ? BlockBytes : 2 * BlockBytes;
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t place = big_endian_size ? padded - 1 - i : padded - size_bytes + i;
    tail[place] = static_cast<std::uint8_t>(bits >> (8 * i));
  }
  for (std::size_t block = 0; block < padded; block += BlockBytes) mix(tail + block);
}

template <class Word>
std::string digest_bytes(const Word* words, std::size_t count, bool big_endian) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t byte = 0; byte < sizeof(Word); ++byte)
      out += static_cast<char>(words[i] >> (8 * (big_endian ? sizeof(Word) - 1 - byte : byte)));
  return out;
}

template <class Word>
Word load_big(const std::uint8_t* at) noexcept {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) word = static_cast<Word>(word << 8 | at[i]);
  return word;
}

// floor(2^32 * |sin(i + 1)|)
const std::array<std::uint32_t, 64>& md5_table() {
  static const std::array<std::uint32_t, 64> table = [] {
    std::array<std::uint32_t, 64> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
    return out;
  }();
  return table;
}

void mix_md5(const std::uint8_t* block, std::uint32_t (&state)[4]) {
  static constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (unsigned i = 0; i < 64; ++i) {
    std::uint32_t f = 0;
    unsigned word = i;
    switch (i / 16) {
      case 0:
        f = (b & c) | (~b & d);
        break;
      case 1:
        f = (d & b) | (~d & c);
        word = (5 * i + 1) % 16;
        break;
      case 2:
        f = b ^ c ^ d;
        word = (3 * i + 5) % 16;
        break;
      default:
        f = c ^ (b | ~d);
        word = 7 * i % 16;
    }
    const std::uint32_t next =
        b + std::rotl(a + f + md5_table()[i] + base::load_le32(block + 4 * word), kShifts[i / 16][i % 4]);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

void mix_sha1(const std::uint8_t* block, std::uint32_t (&state)[5]) {
  static constexpr std::uint32_t kRound[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  std::uint32_t words[80];
  for (unsigned i = 0; i < 16; ++i) words[i] = load_big<std::uint32_t>(block + 4 * i);
  for (unsigned i = 16; i < 80; ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (unsigned i = 0; i < 80; ++i) {
    const std::uint32_t f = i < 20   ? (b & c) | (~b & d)
                            : i < 40 ? b ^ c ^ d
                            : i < 60 ? (b & c) | (b & d) | (c & d)
                                     : b ^ c ^ d;
    const std::uint32_t next = std::rotl(a, 5) + f + e + kRound[i / 20] + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes; SHA-256 takes 32 of them.
constexpr std::uint64_t kCubeRoots[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

struct Rotations {
  int sum0[3];
  int sum1[3];
  int word0[2];
  int shift0;
  int word1[2];
  int shift1;
};

// One block of SHA-2 with words of 32 or 64 bits.
template <class Word, unsigned Rounds>
void mix_sha2(const std::uint8_t* block, const Rotations& by, Word (&state)[8]) {
  Word words[Rounds];
  for (unsigned i = 0; i < 16; ++i) words[i] = load_big<Word>(block + sizeof(Word) * i);
  for (unsigned i = 16; i < Rounds; ++i) {
    const Word a = words[i - 15];
    const Word b = words[i - 2];
    const Word s0 = std::rotr(a, by.word0[0]) ^ std::rotr(a, by.word0[1]) ^ (a >> by.shift0);
    const Word s1 = std::rotr(b, by.word1[0]) ^ std::rotr(b, by.word1[1]) ^ (b >> by.shift1);
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  Word s[8];
  std::memcpy(s, state, sizeof s);
  for (unsigned i = 0; i < Rounds; ++i) {
    const Word s1 = std::rotr(s[4], by.sum1[0]) ^ std::rotr(s[4], by.sum1[1]) ^ std::rotr(s[4], by.sum1[2]);
    const Word root = static_cast<Word>(kCubeRoots[i] >> (64 - 8 * sizeof(Word)));
    const Word first = s[7] + s1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + root + words[i];
    const Word s0 = std::rotr(s[0], by.sum0[0]) ^ std::rotr(s[0], by.sum0[1]) ^ std::rotr(s[0], by.sum0[2]);
    const Word second = s0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    std::memmove(s + 1, s, 7 * sizeof(Word));
    s[4] += first;
    s[0] = first + second;
  }
  for (unsigned i = 0; i < 8; ++i) state[i] += s[i];
}

std::uint64_t murmur_final(std::uint64_t hash) noexcept {
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return hash ^ hash >> 33;
}

}  // namespace

std::string md5(std::string_view text) {
  std::uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for_each_block<64>(text, false, [&](const std::uint8_t* block) { mix_md5(block, state); });
  return digest_bytes(state, 4, false);
}

std::string sha1(std::string_view text) {
  std::uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for_each_block<64>(text, true, [&](const std::uint8_t* block) { mix_sha1(block, state); });
  return digest_bytes(state, 5, true);
}

std::string sha256(std::string_view text) {
  static constexpr Rotations kBy = {{2, 13, 22}, {6, 11, 25}, {7, 18}, 3, {17, 19}, 10};
  std::uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for_each_block<64>(text, true, [&](const std::uint8_t* block) { mix_sha2<std::uint32_t, 64>(block, kBy, state); });
  return digest_bytes(state, 8, true);
}

std::string sha512(std::string_view text) {
  static constexpr Rotations kBy = {{28, 34, 39}, {14, 18, 41}, {1, 8}, 7, {19, 61}, 6};
  std::uint64_t state[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                            0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  for_each_block<128>(text, true, [&](const std::uint8_t* block) { mix_sha2<std::uint64_t, 80>(block, kBy, state); });
  return digest_bytes(state, 8, true);
}

std::string murmur3_32(std::string_view text) {
  const auto mixed = [](std::uint32_t word) { return std::rotl(word * 0xcc9e2d51u, 15) * 0x1b873593u; };
  const std::uint8_t* const bytes = base::bytes_of(text).data();
  std::uint32_t hash = 0;
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4)
    hash = std::rotl(hash ^ mixed(base::load_le32(bytes + at)), 13) * 5 + 0xe6546b64u;
  std::uint32_t tail = 0;
  for (std::size_t i = text.size(); i-- > at;) tail = tail << 8 | bytes[i];
  if (at != text.size()) hash ^= mixed(tail);
  hash ^= static_cast<std::uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  hash ^= hash >> 16;
  return digest_bytes(&hash, 1, false);
}

std::string murmur3_128(std::string_view text) {
  constexpr std::uint64_t kA = 0x87c37b91114253d5ULL;
  constexpr std::uint64_t kB = 0x4cf5ad432745937fULL;
  const auto first = [](std::uint64_t word) { return std::rotl(word * kA, 31) * kB; };
  const auto second = [](std::uint64_t word) { return std::rotl(word * kB, 33) * kA; };
  const std::uint8_t* const bytes = base::bytes_of(text).data();
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::size_t at = 0;
  for (; at + 16 <= text.size(); at += 16) {
    a = (std::rotl(a ^ first(base::load_le64(bytes + at)), 27) + b) * 5 + 0x52dce729;
    b = (std::rotl(b ^ second(base::load_le64(bytes + at + 8)), 31) + a) * 5 + 0x38495ab5;
  }
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  for (std::size_t i = text.size(); i-- > at;) {
    std::uint64_t& word = i - at < 8 ? low : high;
    word = word << 8 | bytes[i];
  }
  if (text.size() - at > 8) b ^= second(high);
  if (text.size() != at) a ^= first(low);
  a ^= text.size();
  b ^= text.size();
  a += b;
  b += a;
  a = murmur_final(a);
  b = murmur_final(b);
  a += b;
  b += a;
  const std::uint64_t words[] = {a, b};
  return digest_bytes(words, 2, false);
}

std::string xxh3_64(std::string_view text) {
  const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
  return digest_bytes(&hash, 1, true);
}

std::string xxh3_128(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  const std::uint64_t words[] = {hash.high64, hash.low64};
  return digest_bytes(words, 2, true);
}

}  // namespace entail::ottl
