#include "cli/retention_command.hpp"

#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/database_address.hpp"
#include "cli/person.hpp"
#include "cli/retention_view.hpp"
#include "cli/terminal.hpp"
#include "config/units.hpp"
#include "storage/retention_store.hpp"

namespace td {
namespace {

using namespace terminal;
using namespace std::chrono_literals;

constexpr const char* application = "taylordash retention";

struct retention_options {
  database_address_options address{};
  std::string topic{};
  std::string kind{};
  std::string keep{};
  bool dead_letters{};
  bool dry_run{};
  bool json{};
  std::size_t limit{20};
};

using work = std::function<result<int>(const database_options&, retention_store&)>;

int with_store(const retention_options& options, const work& what) {
  const auto database = database_or_explain(options.address, application);
  if (!database) return exit_failed;
  const auto explain = [&](const failure& why) {
    print_error(visible(database_trouble(*database, why)));
    return exit_failed;
  };
  const auto store = open_retention_store(*database);
  if (!store) return explain(store.error());
  const auto done = what(*database, **store);
  return done ? *done : explain(done.error());
}

/// What the services have noted; where none has run yet, what these settings say. The services
/// count: a command that is called with other settings must not take what they keep.
result<retention_defaults> defaults_for(const retention_options& options, retention_store& store) {
  const auto noted = store.defaults();
  if (!noted) return noted.error();
  if (*noted) return **noted;
  const auto config = load_with(options.address.config, database_need::optional);
  return retention_defaults{std::chrono::floor<std::chrono::days>(config.values.retention.events),
                            config.values.retention.dead_letters};
}

result<retention_rules> rules_for(const retention_options& options, retention_store& store) {
  const auto defaults = defaults_for(options, store);
  if (!defaults) return defaults.error();
  auto policies = store.policies();
  if (!policies) return policies.error();
  return retention_rules{*defaults, *std::move(policies)};
}

// -- policies ---

int list(const retention_options& options) {
  return with_store(options, [&](const auto&, retention_store& store) -> result<int> {
    const auto rules = rules_for(options, store);
    if (!rules) return rules.error();
    print(options.json ? policies_json(*rules) : render_policies(standard_output(), *rules, now()));
    return exit_ok;
  });
}

std::optional<std::int32_t> days_in(const std::string& text) {
  constexpr auto day = std::chrono::milliseconds{24h};
  const auto number = parse_integer(text);
  const auto duration = number ? std::nullopt : parse_duration(text);
  if (duration && *duration % day != 0ms) return std::nullopt;
  const auto days = number ? *number : duration ? *duration / day : 0;
  if (days < 1 || days > max_keep_days) return std::nullopt;
  return static_cast<std::int32_t>(days);
}

int set(const retention_options& options) {
  const auto days = days_in(options.keep);
  if (!days) {
    print_error(fmt::format("--keep {} is no number of days; allowed: 1d to {}d",
                            visible(options.keep), max_keep_days));
    return exit_usage;
  }
  return with_store(options, [&](const auto&, retention_store& store) -> result<int> {
    const retention_policy policy{
        .what = options.dead_letters ? retained::dead_letters : retained::events,
        .topic_prefix = options.topic,
        .kind = options.kind,
        .keep_days = *days,
        .changed_by = acting_person()};
    if (auto done = store.set(policy); !done) return done.error();
    print(
        fmt::format("{} of {} are kept for {}; see what goes with the next run: taylordash "
                    "retention run --dry-run\n",
                    options.dead_letters ? "dead letters" : "events", visible(policy_scope(policy)),
                    counted(static_cast<std::uint64_t>(*days), "day")));
    const auto defaults = defaults_for(options, store);
    if (!defaults) return defaults.error();
    if (!options.dead_letters && std::chrono::days{*days} > defaults->events) {
      print(
          fmt::format("events that are older than {} when they arrive are refused all the same "
                      "(retention.events)\n",
                      counted(static_cast<std::uint64_t>(defaults->events.count()), "day")));
    }
    return exit_ok;
  });
}

int remove(const retention_options& options) {
  return with_store(options, [&](const auto&, retention_store& store) -> result<int> {
    const auto what = options.dead_letters ? retained::dead_letters : retained::events;
    const auto scope = visible(policy_scope({.topic_prefix = options.topic, .kind = options.kind}));
    const auto removed = store.remove(what, options.topic, options.kind);
    if (!removed) return removed.error();
    if (!*removed) {
      print_error(fmt::format("there is no policy for {} of {}; see: taylordash retention list",
                              options.dead_letters ? "dead letters" : "events", scope));
      return exit_failed;
    }
    print(fmt::format("removed the policy for {}\n", scope));
    return exit_ok;
  });
}

// -- runs ---

int clocks_differ(timestamp ours, timestamp theirs) {
  print_error(
      fmt::format("the clocks differ, so nothing is taken: here it is {}, the database says {}",
                  to_rfc3339(ours), to_rfc3339(theirs)));
  return exit_failed;
}

result<int> run_now(const retention_options& options, const retention_rules& rules,
                    partition_store& partitions, retention_store& store,
                    std::chrono::sys_days today, timestamp at) {
  const auto leads = partitions.lead();
  if (!leads) return leads.error();
  if (!*leads) {
    const auto leader = store.leader();
    if (!leader) return leader.error();
    print_error(fmt::format(
        "{} does this work: a service does it by itself every ten minutes; nothing is taken now",
        *leader ? visible(**leader) : "somebody else"));
    return exit_failed;
  }
  const auto run = partitions.apply_retention(rules, today, at, acting_person());
  if (!run) return run.error();
  if (auto r = partitions.prune_journal(today - rules.defaults().events); !r) return r.error();
  print(options.json ? run_json(*run) : render_run(*run));
  return run->error.empty() ? exit_ok : exit_failed;
}

int run(const retention_options& options) {
  return with_store(options,
                    [&](const database_options& database, retention_store& store) -> result<int> {
                      const auto rules = rules_for(options, store);
                      if (!rules) return rules.error();
                      const auto partitions = open_partition_store(database);
                      if (!partitions) return partitions.error();
                      const auto theirs = (*partitions)->now();
                      if (!theirs) return theirs.error();
                      const auto ours = now();
                      const auto today = trusted_today(ours, *theirs);
                      if (!today) return clocks_differ(ours, *theirs);
                      const auto at = std::min(ours, *theirs);
                      if (!options.dry_run)
                        return run_now(options, *rules, **partitions, store, *today, at);
                      const auto plan = (*partitions)->plan_retention(*rules, *today, at);
                      if (!plan) return plan.error();
                      print(options.json ? plan_json(*plan, *rules)
                                         : render_plan(standard_output(), *plan, *rules));
                      return exit_ok;
                    });
}

int history(const retention_options& options) {
  return with_store(options, [&](const auto&, retention_store& store) -> result<int> {
    const auto runs = store.runs(options.limit);
    if (!runs) return runs.error();
    if (!options.json) print(render_runs(standard_output(), *runs, now()));
    for (const auto& r : *runs) {
      if (options.json) print(run_json(r));
    }
    return exit_ok;
  });
}

// -- the command line ---

using action = int (*)(const retention_options&);

CLI::App* add(CLI::App& retention, int& status, const char* name, const char* what, action run,
              const std::function<void(CLI::App&, retention_options&)>& more, const char* footer) {
  auto* command = retention.add_subcommand(name, what);
  auto options = std::make_shared<retention_options>();
  more(*command, *options);
  add_database_options(*command, options->address);
  command->footer(footer);
  command->callback([options, run, &status] { status = run(*options); });
  return command;
}

void add_scope(CLI::App& command, retention_options& o) {
  command.add_option("--topic", o.topic, "Topics that begin with this; else all")
      ->type_name("PREFIX");
  command.add_option("--kind", o.kind, "Only this kind; else all")->type_name("KIND");
  command.add_flag("--dead-letters", o.dead_letters, "Dead letters instead of events");
}

void add_json(CLI::App& command, retention_options& o) {
  command.add_flag("--json", o.json, "One JSON object per line");
}

}  // namespace

void add_retention_command(CLI::App& app, int& status) {
  auto* retention = app.add_subcommand("retention", "How long what is kept: policies, runs");
  retention->require_subcommand(1);
  add(*retention, status, "list", "List the policies and what the settings say", list, add_json,
      "The policy with the longest topic prefix counts, then the one that names the kind.\n"
      "Example:\n"
      "  taylordash retention list --config taylordash.toml");
  add(
      *retention, status, "set", "Add a policy or change its days", set,
      [](CLI::App& command, retention_options& o) {
        command.add_option("--keep", o.keep, "How long, in whole days: 7d")
            ->type_name("DAYS")
            ->required();
        add_scope(command, o);
      },
      "Examples:\n"
      "  taylordash retention set --keep 7d --topic tracker/events/tasks/ --config "
      "taylordash.toml\n"
      "  taylordash retention set --keep 365d --kind project_created\n"
      "  taylordash retention set --keep 14d --dead-letters");
  add(*retention, status, "remove", "Remove a policy; what it was about follows the next one",
      remove, add_scope,
      "Example:\n"
      "  taylordash retention remove --topic tracker/events/tasks/ --config taylordash.toml");
  add(
      *retention, status, "run", "Take what has expired, or say what would go", run,
      [](CLI::App& command, retention_options& o) {
        command.add_flag("--dry-run", o.dry_run, "Only say what would go, and how many bytes");
        add_json(command, o);
      },
      "A service does this by itself every ten minutes; run it without one, or with --dry-run.\n"
      "Example:\n"
      "  taylordash retention run --dry-run --config taylordash.toml");
  add(
      *retention, status, "history", "List what runs have taken, the newest first", history,
      [](CLI::App& command, retention_options& o) {
        command.add_option("--limit", o.limit, "At most so many")
            ->check(CLI::Range(std::size_t{1}, std::size_t{10000}))
            ->capture_default_str();
        add_json(command, o);
      },
      "Example:\n"
      "  taylordash retention history --config taylordash.toml");
  retention->footer(
      "The database: --data-dir DIR of a standalone instance, or the settings (database.url).\n"
      "Example:\n"
      "  taylordash retention set --keep 7d --topic tracker/events/tasks/ --data-dir "
      "/var/lib/taylordash\n"
      "  taylordash retention run --dry-run --data-dir /var/lib/taylordash");
}

}  // namespace td
