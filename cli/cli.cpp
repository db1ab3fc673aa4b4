#include "cli/cli.hpp"

#include <exception>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/apikey_command.hpp"
#include "cli/audit_command.hpp"
#include "cli/capacity_command.hpp"
#include "cli/config_command.hpp"
#include "cli/dlq_command.hpp"
#include "cli/doctor_command.hpp"
#include "cli/migrate_command.hpp"
#include "cli/replay_command.hpp"
#include "cli/retention_command.hpp"
#include "cli/schema_command.hpp"
#include "cli/serve_command.hpp"
#include "cli/standalone_command.hpp"
#include "cli/status_command.hpp"
#include "cli/terminal.hpp"
#include "cli/user_command.hpp"
#include "cli/verify_command.hpp"
#include "config/suggest.hpp"
#include "config/version.hpp"

namespace td {
namespace {

/// The program's commands, in the order of the help. Each adds its subcommand with a description
/// and an example, and sets `status` when it has run.
using add_command = void (*)(CLI::App& app, int& status);
constexpr add_command commands[] = {
    add_serve_command,  add_standalone_command, add_status_command, add_doctor_command,
    add_verify_command, add_capacity_command,   add_dlq_command,    add_replay_command,
    add_schema_command, add_retention_command,  add_user_command,   add_apikey_command,
    add_audit_command,  add_migrate_command,    add_config_command,
};

/// CLI11's help, shorter: an option is its name and its argument, nothing else.
class help_format : public CLI::Formatter {
 public:
  help_format() {
    column_width(26);
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    return make_usage(app, name) + "\n" + make_description(app) + make_positionals(app) +
           make_groups(app, mode) + make_subcommands(app, mode) + "\n" + make_footer(app);
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const bool takes_value = option->get_type_size() != 0 && !option->get_positional();
    if (!takes_value) return {};
    const auto type = option->get_type_name();  // "UINT:UINT in [1 - 64]", "DIR", "http://..."
    for (const auto* number : {"UINT", "INT", "FLOAT"}) {
      if (type == number || type.starts_with(std::string{number} + ':')) return " N";
    }
    return " " + type;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    auto text = option->get_description();
    const auto type = option->get_type_name();
    const auto from = type.find(" in [");
    const auto to = type.find(" - ", from == type.npos ? 0 : from);
    if (from != type.npos && to != type.npos) {
      text += fmt::format(" ({} to {})", type.substr(from + 5, to - from - 5),
                          type.substr(to + 3, type.size() - to - 4));
    }
    if (!option->get_default_str().empty()) text += "; default " + option->get_default_str();
    return text;
  }
};

void call_them_commands(CLI::App& app) {
  for (auto* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    sub->group("Commands");
    call_them_commands(*sub);
  }
}

/// The command that the arguments lead to: "config check" of `taylordash config check --help`.
const CLI::App* innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? &app : innermost(*chosen.front());
}

std::string path_of(const CLI::App* app) {
  return app->get_parent() ? path_of(app->get_parent()) + " " + app->get_name() : app->get_name();
}

/// What the parser found wrong, with the nearest name there is and where to read on.
int explain(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const auto* command = innermost(app);
  std::vector<std::string_view> known;
  for (const auto* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(sub->get_name());
  }
  std::string text = error.what();
  // The first word behind the command that is neither an option nor one of its own commands.
  const auto depth = [](const CLI::App* a) {
    int n = 0;
    for (; a->get_parent() != nullptr; a = a->get_parent())
      ++n;
    return n;
  };
  for (int i = 1 + depth(command); i < argc && !known.empty(); ++i) {
    if (argv[i][0] == '-') continue;
    const auto hint = did_you_mean(suggestions(argv[i], known));
    text = fmt::format("there is no command \"{}\"{}{}", terminal::visible(argv[i]),
                       hint.empty() ? "" : "; ", hint);
    break;
  }
  terminal::print_error(text);
  terminal::print_error(fmt::format("read on with: {} --help", path_of(command)));
  return exit_usage;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app{
      "TaylorDash reads events from MQTT and stores each once in PostgreSQL; an event is\n"
      "acknowledged only after its row is committed.",
      "taylordash"};
  app.formatter(std::make_shared<help_format>());
  app.set_version_flag("--version", fmt::format("taylordash {}", version()), "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
  app.footer("taylordash COMMAND --help explains a command and ends with an example.");
  int status = exit_ok;
  for (auto add : commands)
    add(app, status);
  call_them_commands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const bool incomplete =
        !innermost(app)->get_subcommands([](const CLI::App*) { return true; }).empty();
    if (dynamic_cast<const CLI::RequiredError*>(&error) && incomplete &&
        app.remaining_size(true) == 0) {
      terminal::print(app.help());  // no command, or one that has commands of its own
      return exit_usage;
    }
    return explain(app, error, argc, argv);
  } catch (const std::exception& error) {
    terminal::print_error(fmt::format("internal error: {}", error.what()));
    return exit_failed;
  }
  return status;
}

}  // namespace td
