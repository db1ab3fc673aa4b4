#include "verify/expectation_book.hpp"

#include <stdexcept>

namespace td::verify {

expectation_book::token expectation_book::expect(const expectation& e, std::uint32_t producer) {
  const std::lock_guard lock{mutex_};
  const token t = entries_.size();
  if (!by_key_.emplace(e.key, t).second)
    throw std::logic_error{"two published messages have the same key " + to_string(e.key)};
  entries_.push_back({.expected = e, .producer = producer});
  ++counts_.published;
  if (e.dead_letter) ++counts_.broken;
  return t;
}

void expectation_book::acknowledged(token t) {
  const std::lock_guard lock{mutex_};
  auto& e = entries_.at(t);
  if (!e.acknowledged) ++counts_.acknowledged;
  e.acknowledged = true;
}

std::optional<expectation_book::sighting> expectation_book::seen(const uuid& key,
                                                                 bool dead_letter) {
  const std::lock_guard lock{mutex_};
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  auto& e = entries_[found->second];
  if (e.stored) return std::nullopt;
  e.stored = true;
  ++(dead_letter ? counts_.dead_lettered : counts_.stored);
  return sighting{found->second, e.producer};
}

expectation_book::counts expectation_book::count() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

std::size_t expectation_book::size() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

expectation_book::entry expectation_book::at(token t) const {
  const std::lock_guard lock{mutex_};
  return entries_.at(t);
}

std::optional<expectation_book::token> expectation_book::find(const uuid& key) const {
  const std::lock_guard lock{mutex_};
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

}  // namespace td::verify
