#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "verify/messages.hpp"

namespace td::verify {

/// Everything that was published and what has to become of it: written before a message leaves its
/// producer, so that nothing can be found that is not in here. Never shrinks; about 150 bytes per
/// message. Any thread.
class expectation_book {
 public:
  /// Names an entry; counts from 0.
  using token = std::uint64_t;

  struct entry {
    expectation expected{};
    std::uint32_t producer{};
    bool acknowledged{};  ///< by the broker, at least once
    bool stored{};        ///< was seen in the database, as a row or as a dead letter
  };

  struct counts {
    std::uint64_t published{};
    std::uint64_t acknowledged{};
    std::uint64_t stored{};  ///< seen in the database while the run went on
    std::uint64_t dead_lettered{};
    std::uint64_t broken{};  ///< of the published: must become dead letters
  };

  /// Enters a message that is about to be published for the first time. Throws std::logic_error
  /// when its key is in the book already: then nothing could be told apart any more.
  token expect(const expectation& e, std::uint32_t producer);

  /// The broker acknowledged it.
  void acknowledged(token t);

  /// A row with this key was seen. The entry, the first time; absent for keys that nobody published
  /// and for what was seen before.
  struct sighting {
    token of{};
    std::uint32_t producer{};
  };
  std::optional<sighting> seen(const uuid& key, bool dead_letter);

  counts count() const;

  // -- for the audit, when nobody publishes any more ---
  std::size_t size() const;
  entry at(token t) const;
  std::optional<token> find(const uuid& key) const;

 private:
  mutable std::mutex mutex_;
  std::vector<entry> entries_;
  std::unordered_map<uuid, token> by_key_;
  counts counts_;
};

}  // namespace td::verify
