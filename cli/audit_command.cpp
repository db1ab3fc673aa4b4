#include "cli/audit_command.hpp"

#include "identity/secret_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "actors/audit_chain.hpp"
#include "cli/cli.hpp"
#include "cli/identity_tools.hpp"
#include "cli/identity_view.hpp"
#include "cli/terminal.hpp"
#include "config/files.hpp"
#include "config/units.hpp"
#include "standalone/data_directory.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr const char* application = "taylordash audit";
constexpr std::size_t max_head_bytes = 200;

struct audit_options {
  database_address_options database{};
  audit_filter filter{};
  std::string since{};
  std::string until{};
  std::string secret_file{};
  std::string head{};
  bool json{};
};

/// A time, or how long ago: "2026-11-21T12:00:00Z", "24h". Empty: no bound. False: neither.
bool read_time(const char* option, const std::string& text, std::optional<timestamp>& into) {
  if (text.empty()) return true;
  into = parse_rfc3339(text);
  if (into) return true;
  if (const auto ago = parse_duration(text)) {
    into = now() - *ago;
    return true;
  }
  print_error(fmt::format("{} {} is neither a time (2026-11-21T12:00:00Z) nor a duration (24h)",
                          option, visible(text)));
  return false;
}

int list(const audit_options& options) {
  auto filter = options.filter;
  if (!read_time("--since", options.since, filter.since) ||
      !read_time("--until", options.until, filter.until)) {
    return exit_usage;
  }
  if (!filter.action.empty() && !audit_action_named(filter.action)) {
    print_error(fmt::format("there is no action {}", visible(filter.action)));
    return exit_usage;
  }
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto rows = s.audit->list(filter);
    if (!rows) return rows.error();
    print(options.json ? audit_json(*rows) : render_audit(standard_output(), *rows));
    return exit_ok;
  });
}

// -- verify ---

/// Of the option, of the instance, of the settings; empty: none is named.
std::filesystem::path secret_file_of(const audit_options& options) {
  const auto of_instance = [](const std::filesystem::path& root) {
    return data_layout{root}.identity_secret();
  };
  if (!options.secret_file.empty()) return options.secret_file;
  if (!options.database.data_dir.empty()) return of_instance(options.database.data_dir);
  const auto config = load_with(options.database.config, database_need::optional);
  if (!config.values.identity.secret_file.empty()) return config.values.identity.secret_file;
  if (const char* instance = std::getenv("TAYLORDASH_DATA_DIR")) return of_instance(instance);
  return {};
}

/// A head that was seen before, and where.
struct seen_head {
  audit_head head{};
  std::string where{};
};

/// What is kept beside the secret, and what --head says, as text or as the name of a file.
std::optional<std::vector<seen_head>> heads_for(const audit_options& options,
                                                const std::filesystem::path& secret_file) {
  std::vector<seen_head> heads;
  const auto from_file = [&](const std::string& file) {
    auto content = config::read_file(file, max_head_bytes).text;
    while (!content.empty() && content.back() == '\n')
      content.pop_back();
    const auto head = parse_audit_head(content);
    if (head) heads.push_back({*head, file});
    return head.has_value();
  };
  (void)from_file(audit_head_file(secret_file).string());
  if (options.head.empty()) return heads;
  if (const auto head = parse_audit_head(options.head)) {
    heads.push_back({*head, "the head given"});
  } else if (!from_file(options.head)) {
    print_error(
        fmt::format("--head {} is neither POSITION:LINK, as the log has it, nor a file with "
                    "one",
                    visible(options.head)));
    return std::nullopt;
  }
  return heads;
}

result<audit_report> check(audit_store& store, const crypto::key& key,
                           const std::vector<seen_head>& heads) {
  std::optional<audit_check> walk;
  auto r = store.visit_chain(
      [&](const audit_head& database) {
        walk.emplace(key, database);
        for (const auto& h : heads)
          walk->remember(h.head.position);
      },
      [&](const audit_row& row) { walk->add(row); });
  if (!r) return r.error();
  walk->finish();
  for (const auto& h : heads)
    walk->hold_against(h.head, h.where);
  audit_report report{.rows = walk->rows(),
                      .head = walk->head(),
                      .key_fits = walk->key_fits(),
                      .fault_count = walk->fault_count(),
                      .faults = walk->faults()};
  for (const auto& h : heads)
    report.held_against.push_back(h.where);
  const auto tail = store.tail();
  if (!tail) return tail.error();
  report.tail = *tail;
  return report;
}

int verify(const audit_options& options) {
  const auto file = secret_file_of(options);
  if (file.empty()) {
    print_error(
        "which secret? Name the file with --secret-file, with --config FILE "
        "(identity.secret_file), or the instance with --data-dir");
    return exit_failed;
  }
  const auto secret = load_secret(file);
  if (!secret) {
    print_error(visible(secret.error().detail));
    return exit_failed;
  }
  const auto heads = heads_for(options, file);
  if (!heads) return exit_usage;
  return with_identity(options.database, application, [&](identity_stores& s) -> result<int> {
    const auto report = check(*s.audit, secret->audit(), *heads);
    if (!report) return report.error();
    print(options.json ? audit_report_json(*report)
                       : render_audit_report(standard_output(), *report, now()));
    if (!report->key_fits) return exit_failed;
    return report->intact() ? exit_ok : exit_audit_broken;
  });
}

}  // namespace

void add_audit_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("audit", "Who did what: list it, verify that nobody changed it");
  command->require_subcommand(1);
  const auto add_verb = [&](const char* name, const char* what, int (*run)(const audit_options&),
                            const char* footer) {
    auto* verb = command->add_subcommand(name, what);
    auto options = std::make_shared<audit_options>();
    verb->footer(footer);
    verb->callback([options, run, &status] { status = run(*options); });
    add_database_options(*verb, options->database);
    verb->add_flag("--json", options->json, "For programs");
    return std::pair{verb, options};
  };
  {
    auto [verb, o] = add_verb("list", "What was recorded, newest first", list,
                              "Example:\n  taylordash audit list --actor anna --since 24h");
    verb->add_option("--actor", o->filter.actor, "Who did it")->type_name("NAME");
    verb->add_option("--target", o->filter.target, "What it was done to")->type_name("NAME");
    verb->add_option("--action", o->filter.action, "For example login, user_created")
        ->type_name("ACTION");
    verb->add_option("--result", o->filter.result, "ok, denied or failed")
        ->type_name("RESULT")
        ->check(CLI::IsMember({"ok", "denied", "failed"}).description(""));
    verb->add_option("--address", o->filter.address, "From where")->type_name("ADDRESS");
    verb->add_option("--request", o->filter.request_id, "Of this request")->type_name("ID");
    verb->add_option("--since", o->since, "A time, or how long ago")->type_name("TIME");
    verb->add_option("--until", o->until, "A time, or how long ago")->type_name("TIME");
    verb->add_option("--limit", o->filter.limit, "How many rows")
        ->check(CLI::Range(1, 10000).description("UINT"))
        ->capture_default_str();
  }
  {
    auto [verb, o] = add_verb(
        "verify", "Whether a row was edited, removed or inserted, or the end cut off", verify,
        "The end is held against the head that the service keeps beside its secret file, and\n"
        "against --head: one that you have kept elsewhere (the log has them: \"audit head\").\n"
        "Exit status: 0 intact, 4 not intact, 1 it could not be told.\n"
        "Example:\n  taylordash audit verify --data-dir /var/lib/taylordash");
    verb->add_option("--secret-file", o->secret_file, "The deployment's secret")->type_name("FILE");
    verb->add_option("--head", o->head, "POSITION:LINK, or a file with one")->type_name("HEAD");
  }
}

}  // namespace td
