#pragma once

#include "identity/audit.hpp"

#include <optional>
#include <string>
#include <utility>

#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// Who changes something, from where, and when: what the audit log says of a change beside the
/// change itself.
struct acting {
  std::string who{"service"};  ///< "user anna", "api_key 3xK9sT0a", "anna@desk", "service"
  std::optional<uuid> id{};    ///< of the user or the key
  std::string address{};       ///< empty: this machine
  std::string request_id{};
  timestamp at = now();

  audit_entry entry(audit_action action, std::string target = {}) const {
    audit_entry e;
    e.action = action;
    e.actor = who;
    e.actor_id = id;
    e.target = std::move(target);
    e.address = address;
    e.request_id = request_id;
    return e;
  }
};

}  // namespace td
