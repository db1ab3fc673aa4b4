#pragma once

#include "identity/audit_check.hpp"

#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "storage/api_key_store.hpp"
#include "storage/audit_store.hpp"
#include "storage/user_store.hpp"

namespace td {

/// The table of `user list`; times are relative to `at`.
std::string render_users(const terminal::output& to, const std::vector<user_record>& all,
                         timestamp at);
/// The same for programs: one JSON object a line.
std::string users_json(const std::vector<user_record>& all);

/// The table of `apikey list`.
std::string render_api_keys(const terminal::output& to, const std::vector<api_key_record>& all,
                            timestamp at);
std::string api_keys_json(const std::vector<api_key_record>& all, timestamp at);

/// The table of `audit list`, newest first as the store gives it.
std::string render_audit(const terminal::output& to, const std::vector<audit_row>& rows);
std::string audit_json(const std::vector<audit_row>& rows);

/// What `audit verify` found.
struct audit_report {
  std::uint64_t rows{};
  audit_head head{};
  bool key_fits{true};
  std::uint64_t fault_count{};
  std::vector<audit_fault> faults{};
  audit_tail tail{};
  std::vector<std::string> held_against{};  ///< where other heads came from

  bool intact() const { return fault_count == 0; }
};
std::string render_audit_report(const terminal::output& to, const audit_report& r, timestamp at);
std::string audit_report_json(const audit_report& r);

}  // namespace td
