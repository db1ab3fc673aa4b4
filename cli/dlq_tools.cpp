#include "cli/dlq_tools.hpp"

#include "actors/service.hpp"
#include "cli/cli.hpp"
#include "cli/dlq_check.hpp"
#include "cli/terminal.hpp"

namespace td::dlq {
namespace {

using namespace terminal;

constexpr const char* application = "taylordash dlq";

int explain(const database_options& database, const failure& why) {
  switch (why.code) {
    case errc::not_found:
      print_error(visible(why.detail) + "; see what is there: taylordash dlq list --status any");
      break;
    case errc::conflict:
      print_error(visible(why.detail));
      break;
    default:
      print_error(visible(database_trouble(database, why)));
  }
  return exit_failed;
}

}  // namespace

int with_store(const database_address_options& address, const work& what) {
  const auto database = database_or_explain(address, application);
  if (!database) return exit_failed;
  const auto store = open_dead_letter_store(*database);
  if (!store) return explain(*database, store.error());
  const auto done = what(**store);
  return done ? *done : explain(*database, done.error());
}

std::optional<dead_letter_filter> filter_or_explain(const dlq_selection& selection,
                                                    dead_letter_status usual) {
  auto filter = filter_of(selection, usual, now());
  if (filter) return *std::move(filter);
  print_error(visible(filter.error().text));
  return std::nullopt;
}

std::optional<failure> refusal_now(const database_address_options& address, std::string_view topic,
                                   std::string_view bytes) {
  const auto config = load_with(address.config, database_need::optional);
  const auto database = database_of(address, application);
  if (!database) return failure{errc::configuration_invalid, database.error().text};
  const auto schemas = schemas_in_force(*database, config.values);
  if (!schemas) return schemas.error();
  return refusal_of(event_rules_from(config.values), *schemas, topic, bytes, now());
}

}  // namespace td::dlq
