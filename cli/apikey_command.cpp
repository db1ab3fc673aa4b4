#include "cli/apikey_command.hpp"

#include "identity/api_key.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/identity_tools.hpp"
#include "cli/identity_view.hpp"
#include "cli/terminal.hpp"
#include "config/units.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr const char* application = "taylordash apikey";

struct apikey_options {
  database_address_options database{};
  std::string owner{};
  std::string key{};
  std::string name{};
  std::vector<std::string> scopes{};
  std::string expires{"90d"};
  bool json{};
};

int list(const apikey_options& options) {
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto at = now();
    const auto all = s.keys->list(options.owner);
    if (!all) return all.error();
    if (options.json) {
      print(api_keys_json(*all, at));
    } else if (all->empty()) {
      print("there is no API key\n");
    } else {
      print(render_api_keys(standard_output(), *all, at));
    }
    return exit_ok;
  });
}

/// When it ends; no value: never. Absent: no duration.
std::optional<std::optional<timestamp>> expiry_in(const apikey_options& options, timestamp at) {
  if (options.expires == "never") return std::optional<timestamp>{};
  const auto life = parse_duration(options.expires);
  if (!life || life->count() <= 0) return std::nullopt;
  return std::optional<timestamp>{at + *life};
}

int create(const apikey_options& options) {
  const auto by = acting_at_the_terminal();
  const auto expires_at = expiry_in(options, by.at);
  if (!expires_at) {
    print_error(fmt::format("--expires {} is no duration; for example 12h, 90d, never",
                            visible(options.expires)));
    return exit_usage;
  }
  const auto scopes = scopes_named(options.scopes);
  if (!scopes) {
    print_error(scopes.error().detail);
    return exit_usage;
  }
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto made = make_api_key();
    auto id = s.keys->add({options.owner, options.name, *scopes, *expires_at}, made, by);
    if (!id) return id.error();
    // The secret alone on standard output, so that a script can keep it.
    print_error(fmt::format(
        "the key {} of {}, shown this once; it {}", made.prefix, options.owner,
        *expires_at ? "expires at " + to_rfc3339(**expires_at) : std::string{"never expires"}));
    print(made.text + "\n");
    return exit_ok;
  });
}

int revoke(const apikey_options& options) {
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    if (auto done = s.keys->revoke(options.key, acting_at_the_terminal()); !done)
      return done.error();
    print(fmt::format("the key {} is revoked on every node\n", visible(options.key)));
    return exit_ok;
  });
}

}  // namespace

void add_apikey_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("apikey", "Keys for programs: list, create, revoke");
  command->require_subcommand(1);
  const auto add_verb = [&](const char* name, const char* what, int (*run)(const apikey_options&),
                            const char* footer) {
    auto* verb = command->add_subcommand(name, what);
    auto options = std::make_shared<apikey_options>();
    verb->footer(footer);
    verb->callback([options, run, &status] { status = run(*options); });
    add_database_options(*verb, options->database);
    return std::pair{verb, options};
  };
  {
    auto [verb, o] = add_verb("list", "All keys, or those of one user", list,
                              "Example:\n  taylordash apikey list anna");
    verb->add_option("OWNER", o->owner, "A user's name");
    verb->add_flag("--json", o->json, "One JSON object a line");
  }
  {
    auto [verb, o] =
        add_verb("create", "Make a key; its secret is printed once, and nowhere kept", create,
                 "A key can do what its owner's role allows and its scopes name: events:read,\n"
                 "events:write, projects:read, projects:write, dead_letters:read,\n"
                 "dead_letters:write, schemas:read, schemas:write, pipeline:read,\n"
                 "pipeline:operate, admin.\n"
                 "Example:\n  taylordash apikey create anna --name press --scope events:write");
    verb->add_option("OWNER", o->owner, "Whose it is")->required();
    verb->add_option("--name", o->name, "What it is for")->type_name("TEXT")->required();
    verb->add_option("--scope", o->scopes, "What it may do; several with commas, or repeated")
        ->type_name("SCOPE")
        ->delimiter(',')
        ->required();
    verb->add_option("--expires", o->expires, "After how long, or never; default 90d")
        ->type_name("DURATION");
  }
  {
    auto [verb, o] = add_verb("revoke", "End a key, on every node at once", revoke,
                              "Example:\n  taylordash apikey revoke 3xK9sT0a");
    verb->add_option("KEY", o->key, "Its prefix, or its id")->required();
  }
}

}  // namespace td
