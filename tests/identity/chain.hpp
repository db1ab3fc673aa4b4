#pragma once

#include "identity/audit.hpp"

#include <vector>

#include "tests/identity/bytes.hpp"

namespace td::test {

inline audit_row entry_row(int number) {
  audit_row row;
  row.id.bytes[15] = static_cast<std::uint8_t>(number);
  row.at = some_noon() + std::chrono::seconds{number};
  row.entry.action = audit_action::login;
  row.entry.actor = "user anna";
  row.entry.target = "user anna";
  row.entry.detail = std::to_string(number);
  return row;
}

/// `n` rows, chained.
inline std::vector<audit_row> chain_of(int n, const crypto::key& k, audit_head head = {}) {
  std::vector<audit_row> rows;
  for (int i = 1; i <= n; ++i) {
    rows.push_back(entry_row(i));
    head = chain(rows.back(), head, k);
  }
  return rows;
}

inline audit_head head_of(const std::vector<audit_row>& rows) {
  return rows.empty() ? audit_head{} : audit_head{rows.back().position, rows.back().link};
}

}  // namespace td::test
