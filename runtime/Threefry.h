// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
// The meaning of `ricci.threefry`: 64 random bits from a key and a counter, the same on every target.
#pragma once

#include <bit>
#include <cstdint>

namespace ricci::runtime {

// Word 0 of key, counter and result is the low half.
constexpr uint64_t threefry2x32(uint64_t key, uint64_t counter) {
  constexpr int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  uint32_t keys[3] = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), 0x1BD11BDAu};
  keys[2] ^= keys[0] ^ keys[1];
  uint32_t x0 = static_cast<uint32_t>(counter) + keys[0];
  uint32_t x1 = static_cast<uint32_t>(counter >> 32) + keys[1];
  for (uint32_t round = 0; round < 20; ++round) {
    x0 += x1;
    x1 = std::rotl(x1, rotations[round % 8]) ^ x0;
    if (round % 4 == 3) {
      uint32_t injection = round / 4 + 1;
      x0 += keys[injection % 3];
      x1 += keys[(injection + 1) % 3] + injection;
    }
  }
  return static_cast<uint64_t>(x1) << 32 | x0;
}

} // namespace ricci::runtime
