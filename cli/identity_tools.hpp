#pragma once

#include <functional>
#include <string>

#include "cli/database_address.hpp"
#include "storage/identity_stores.hpp"

namespace td {

/// Runs `work` with the stores of the database that is named, or says why there are none.
int with_identity(const database_address_options& address, const std::string& application_name,
                  const std::function<result<int>(identity_stores&)>& work);

/// Who acts on the command line.
acting acting_at_the_terminal();

/// The password for a user: the first line of standard input, or a generated one. `shown`: it was
/// generated, and has to be told. Explains what is wrong with it; absent then.
struct chosen_password {
  std::string text{};
  std::string hash{};
  bool shown{};
};
std::optional<chosen_password> choose_password(bool from_stdin, const std::string& user_name);

}  // namespace td
