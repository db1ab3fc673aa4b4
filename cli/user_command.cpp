#include "cli/user_command.hpp"

#include "identity/user_name.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/identity_tools.hpp"
#include "cli/identity_view.hpp"
#include "cli/terminal.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr const char* application = "taylordash user";

struct user_options {
  database_address_options database{};
  std::string name{};
  std::string role{"viewer"};
  bool password_stdin{};
  bool json{};
};

/// The name in its one form; explains what is wrong with it.
std::optional<std::string> name_in(const user_options& options) {
  auto name = check_user_name(options.name);
  if (name) return *std::move(name);
  print_error(name.error().detail);
  return std::nullopt;
}

/// Changes a user and says what is so now.
int change(const user_options& options,
           const std::function<result<std::string>(user_store&, const std::string& name)>& work) {
  const auto name = name_in(options);
  if (!name) return exit_failed;
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto said = work(*s.users, *name);
    if (!said) return said.error();
    print(*said + "\n");
    return exit_ok;
  });
}

void tell_password(const chosen_password& chosen) {
  if (!chosen.shown) return;
  print(fmt::format("password, shown this once: {}\n", chosen.text));
}

int list(const user_options& options) {
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto at = now();
    const auto all = s.users->list(at);
    if (!all) return all.error();
    if (options.json) {
      print(users_json(*all));
    } else if (all->empty()) {
      print("there is no user yet: taylordash user add NAME --role admin\n");
    } else {
      print(render_users(standard_output(), *all, at));
    }
    return exit_ok;
  });
}

int add(const user_options& options) {
  const auto name = name_in(options);
  if (!name) return exit_failed;
  const auto chosen = choose_password(options.password_stdin, *name);
  if (!chosen) return exit_failed;
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto r = role_named(options.role).value_or(role::viewer);
    if (auto id = s.users->add(*name, r, chosen->hash, acting_at_the_terminal()); !id)
      return id.error();
    print(fmt::format("{} may sign in as {}\n", *name, name_of(r)));
    tell_password(*chosen);
    return exit_ok;
  });
}

int set_role(const user_options& options) {
  return change(options, [&](user_store& users, const auto& name) -> result<std::string> {
    const auto r = role_named(options.role).value_or(role::viewer);
    if (auto done = users.set_role(name, r, acting_at_the_terminal()); !done) return done.error();
    return fmt::format("{} is {} from the next request on", name, name_of(r));
  });
}

int reset_password(const user_options& options) {
  const auto name = name_in(options);
  if (!name) return exit_failed;
  const auto chosen = choose_password(options.password_stdin, *name);
  if (!chosen) return exit_failed;
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    auto done = s.users->set_password(*name, chosen->hash, acting_at_the_terminal(), false);
    if (!done) return done.error();
    print(fmt::format("{} has a new password; all sessions of {} have ended\n", *name, *name));
    tell_password(*chosen);
    return exit_ok;
  });
}

int reset_totp(const user_options& options) {
  return change(options, [](user_store& users, const auto& name) -> result<std::string> {
    if (auto done = users.remove_totp(name, acting_at_the_terminal()); !done) return done.error();
    return fmt::format("{} signs in without a code", name);
  });
}

int disable(const user_options& options) {
  return change(options, [](user_store& users, const auto& name) -> result<std::string> {
    if (auto done = users.disable(name, acting_at_the_terminal()); !done) return done.error();
    return fmt::format("{} can't sign in any more; sessions have ended, API keys don't work", name);
  });
}

int enable(const user_options& options) {
  return change(options, [](user_store& users, const auto& name) -> result<std::string> {
    if (auto done = users.enable(name, acting_at_the_terminal()); !done) return done.error();
    return fmt::format("{} can sign in again", name);
  });
}

int unlock(const user_options& options) {
  return change(options, [](user_store& users, const auto& name) -> result<std::string> {
    const auto addresses = users.unlock(name, acting_at_the_terminal());
    if (!addresses) return addresses.error();
    if (*addresses == 0) return fmt::format("no login of {} had failed", name);
    return fmt::format("failed logins of {} from {} are forgotten", name,
                       *addresses == 1 ? "1 address" : fmt::format("{} addresses", *addresses));
  });
}

int revoke_sessions(const user_options& options) {
  return change(options, [](user_store& users, const auto& name) -> result<std::string> {
    const auto ended = users.revoke_sessions(name, acting_at_the_terminal());
    if (!ended) return ended.error();
    return fmt::format("{} of {} ended", counted(*ended, "session"), name);
  });
}

}  // namespace

void add_user_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("user", "Who may sign in: list, add, roles, passwords, locks");
  command->require_subcommand(1);
  const auto add_verb = [&](const char* name, const char* what, int (*run)(const user_options&),
                            const char* footer) {
    auto* verb = command->add_subcommand(name, what);
    auto options = std::make_shared<user_options>();
    verb->footer(footer);
    verb->callback([options, run, &status] { status = run(*options); });
    add_database_options(*verb, options->database);
    return std::pair{verb, options};
  };
  const auto name_of_user = [](CLI::App* verb, user_options& o) {
    verb->add_option("NAME", o.name, "The user's name")->required();
  };
  const auto role_of = [](CLI::Option* option) {
    option->check(CLI::IsMember({"viewer", "operator", "admin"}).description(""));
  };
  const auto password_of = [](CLI::App* verb, user_options& o) {
    verb->add_flag("--password-stdin", o.password_stdin,
                   "Read it from standard input; else one is generated and shown once");
  };
  {
    auto [verb, o] = add_verb("list", "Users, their roles, sessions and locks", list,
                              "Example:\n  taylordash user list");
    verb->add_flag("--json", o->json, "One JSON object a line");
  }
  {
    auto [verb, o] = add_verb("add", "Let somebody sign in", add,
                              "viewer reads; operator reads, writes and runs the pipeline; admin "
                              "also has users, keys and audit.\n"
                              "Example:\n  taylordash user add anna --role operator");
    name_of_user(verb, *o);
    role_of(verb->add_option("--role", o->role, "viewer, operator or admin; default viewer")
                ->type_name("ROLE"));
    password_of(verb, *o);
  }
  {
    auto [verb, o] = add_verb("set-role", "Give a user another role", set_role,
                              "Example:\n  taylordash user set-role anna admin");
    name_of_user(verb, *o);
    role_of(verb->add_option("ROLE", o->role, "viewer, operator or admin")->required());
  }
  {
    auto [verb, o] =
        add_verb("reset-password", "Give a user a new password; ends all their sessions",
                 reset_password, "Example:\n  taylordash user reset-password anna");
    name_of_user(verb, *o);
    password_of(verb, *o);
  }
  const auto add_simple = [&](const char* name, const char* what, int (*run)(const user_options&)) {
    const auto footer = fmt::format("Example:\n  taylordash user {} anna", name);
    auto [verb, o] = add_verb(name, what, run, footer.c_str());
    name_of_user(verb, *o);
  };
  add_simple("reset-totp", "Take the second factor away, for somebody who has lost it", reset_totp);
  add_simple("disable", "Let a user sign in no more; ends sessions, stops API keys", disable);
  add_simple("enable", "Undo disable", enable);
  add_simple("unlock", "Forget failed logins, so that the next one is looked at", unlock);
  add_simple("revoke-sessions", "End all sessions of a user, on every node at once",
             revoke_sessions);
}

}  // namespace td
