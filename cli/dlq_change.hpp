#pragma once

#include <string>

#include "cli/database_address.hpp"
#include "cli/dlq_options.hpp"

namespace td::dlq {

struct edit_options {
  database_address_options address{};
  std::string id{};
  std::string file{};  ///< where the new bytes are; empty: an editor; "-": standard input
};

/// Lets a person correct a dead letter. The exit status.
int edit(const edit_options& options);

struct change_options {
  database_address_options address{};
  dlq_selection selection{};
  std::string reason{};
  bool all{};
  bool yes{};
};

/// Discards, or opens again, by ids or by filter. The exit status.
int discard(const change_options& options);
int reopen(const change_options& options);

}  // namespace td::dlq
