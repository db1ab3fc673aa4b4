#include "cli/identity_tools.hpp"

#include "identity/password.hpp"

#include <iostream>

#include "cli/cli.hpp"
#include "cli/person.hpp"
#include "cli/terminal.hpp"

namespace td {

using namespace terminal;

int with_identity(const database_address_options& address, const std::string& application_name,
                  const std::function<result<int>(identity_stores&)>& work) {
  const auto database = database_or_explain(address, application_name);
  if (!database) return exit_failed;
  auto stores = open_identity_stores(*database);
  if (!stores) {
    print_error(visible(database_trouble(*database, stores.error())));
    return exit_failed;
  }
  const auto done = work(*stores);
  if (done) return *done;
  const auto& why = done.error();
  switch (why.code) {
    case errc::not_found:
    case errc::conflict:
    case errc::password_unfit:
    case errc::permission_denied:
      print_error(why.detail);  // what people did wrong stands alone
      break;
    default:
      print_error(visible(database_trouble(*database, why)));
  }
  return exit_failed;
}

acting acting_at_the_terminal() {
  return {.who = acting_person()};
}

std::optional<chosen_password> choose_password(bool from_stdin, const std::string& user_name) {
  chosen_password chosen;
  if (from_stdin) {
    if (!std::getline(std::cin, chosen.text)) {
      print_error("there is no password on standard input");
      return std::nullopt;
    }
  } else {
    chosen.text = generate_password();
    chosen.shown = true;
  }
  if (auto fit = check_password(chosen.text, user_name); !fit) {
    print_error(fit.error().detail);
    return std::nullopt;
  }
  auto hash = hash_password(chosen.text, {});
  if (!hash) {
    print_error(hash.error().detail);
    return std::nullopt;
  }
  chosen.hash = *std::move(hash);
  return chosen;
}

}  // namespace td
