#include "pipeline/ledger.hpp"

namespace td {

void ledger::receive(std::uint64_t messages) {
  const std::lock_guard lock{mutex_};
  counts_.received += messages;
  counts_.in_flight += messages;
}

void ledger::settle(std::uint64_t messages, const verdict& v) {
  const std::lock_guard lock{mutex_};
  counts_.in_flight -= messages;
  counts_.stored += v.stored;
  counts_.duplicate += v.duplicate;
  counts_.dead_lettered += v.dead_lettered;
}

void ledger::give_back(std::uint64_t messages) {
  const std::lock_guard lock{mutex_};
  counts_.in_flight -= messages;
  counts_.given_back += messages;
}

ledger_counts ledger::read() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

}  // namespace td
