#include "cli/replay_command.hpp"

#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/database_address.hpp"
#include "cli/dlq_options.hpp"
#include "cli/person.hpp"
#include "cli/replay_view.hpp"
#include "cli/terminal.hpp"
#include "http/api/replay_json.hpp"
#include "pipeline/text.hpp"
#include "standalone/stop_signal.hpp"
#include "storage/dead_letter_store.hpp"
#include "storage/replay_store.hpp"

namespace td {
namespace {

using namespace std::chrono_literals;
using namespace terminal;

constexpr const char* application = "taylordash replay";
constexpr auto look_every = 200ms;
constexpr std::size_t most_listed = 50;

struct replay_options {
  database_address_options database{};
  replay_request request{};
  std::string since{};
  std::string before{};
  bool mirror{};
  bool all{};
  bool detach{};
  bool json{};
  std::int64_t job{};
};

int explain(const failure& why) {
  const bool ours = why.code == errc::not_found || why.code == errc::conflict ||
                    why.code == errc::configuration_invalid;
  print_error(ours ? why.detail : to_string(why));
  return exit_failed;
}

int with_store(const replay_options& options, const std::function<int(replay_store&)>& work) {
  const auto database = database_or_explain(options.database, application);
  if (!database) return exit_failed;
  auto store = open_replay_store(*database);
  if (!store) {
    print_error(database_trouble(*database, store.error()));
    return exit_failed;
  }
  return work(**store);
}

// -- watching ---

int status_of(const replay_job& job) {
  return job.state == replay_state::done ? exit_ok : exit_failed;
}

int final_word(replay_store& store, const replay_options& options, const replay_job& job) {
  if (options.json) {
    print(replay_json(job) + "\n");
    return status_of(job);
  }
  const auto audit = store.audit(job.id);
  print(render_replay(standard_output(), job, audit ? *audit : std::vector<replay_event>{}));
  return status_of(job);
}

/// Shows a job until it is over or somebody presses Ctrl-C, which leaves the job alone.
int follow(replay_store& store, const replay_options& options, std::int64_t id) {
  stop_signal stop;
  const bool in_place = standard_error().terminal && !options.json;
  bool told = false;
  for (;;) {
    const auto job = store.find(id);
    if (!job && job.error().code == errc::database_away && !stop.wait(1s)) {
      (void)store.reconnect();
      continue;
    }
    if (!job) return explain(job.error());
    if (in_place) write(standard_error(), "\r" + replay_progress(*job) + "\x1b[K");
    if (job->is_over()) {
      if (in_place) write(standard_error(), "\r\x1b[K");
      return final_word(store, options, *job);
    }
    const auto served = store.is_served();
    if (served && !*served && !told) {
      if (in_place) write(standard_error(), "\n");
      print_error("no running service works on this database; the job waits for one");
      told = true;
    }
    if (stop.wait(look_every)) {
      if (in_place) write(standard_error(), "\n");
      if (options.json) print(replay_json(*job) + "\n");
      print_error(
          fmt::format("the job goes on; see it with: taylordash replay watch {0}, end it "
                      "with: taylordash replay cancel {0}",
                      id));
      return exit_not_ready;  // nobody knows yet how it ends
    }
  }
}

// -- the verbs ---

bool read_time(const char* option, const std::string& text, std::optional<timestamp>& into) {
  const auto t = time_of(option, text, now());
  if (t)
    into = *t;
  else
    print_error(t.error().text);
  return t.has_value();
}

/// The whole ids of the dead letters that are meant; says which is none or ambiguous.
bool resolve_ids(const replay_options& options, replay_filter& filter) {
  const auto database = database_or_explain(options.database, application);
  if (!database) return false;
  const auto letters = open_dead_letter_store(*database);
  if (!letters) {
    print_error(database_trouble(*database, letters.error()));
    return false;
  }
  const auto resolved = (*letters)->resolve({.ids = filter.ids});
  if (resolved) {
    filter.ids = resolved->ids;
  } else {
    print_error(visible(resolved.error().detail));
  }
  return resolved.has_value();
}

int start(const replay_options& options) {
  auto request = options.request;
  request.source = options.mirror ? replay_source::mirror : replay_source::dead_letters;
  request.target = request.consumer.empty() ? replay_target::pipeline : replay_target::consumer;
  if (!read_time("--since", options.since, request.filter.from) ||
      !read_time("--before", options.before, request.filter.to)) {
    return exit_usage;
  }
  const bool narrowed = request.filter != replay_filter{};
  if (!narrowed && !request.dry_run && !options.all) {
    print_error(
        "that would send everything there is; say --all, narrow it down (--group, --kind, "
        "--since, --id), or look first with --dry-run");
    return exit_usage;
  }
  if (!options.mirror && !request.filter.ids.empty() && !resolve_ids(options, request.filter))
    return exit_failed;
  return with_store(options, [&](replay_store& store) {
    const auto id = store.create(request, acting_person());
    if (!id) return explain(id.error());
    if (options.detach) {
      print(fmt::format("{}\n", *id));
      return exit_ok;
    }
    if (!standard_error().terminal) print_error(fmt::format("replay {} is started", *id));
    return follow(store, options, *id);
  });
}

int list(const replay_options& options) {
  return with_store(options, [&](replay_store& store) {
    const auto jobs = store.list(most_listed);
    if (!jobs) return explain(jobs.error());
    if (options.json) {
      for (const auto& job : *jobs)
        print(replay_json(job) + "\n");
    } else if (jobs->empty()) {
      print("no replay has been started; begin one with: taylordash replay start --dry-run\n");
    } else {
      print(render_replays(standard_output(), *jobs));
    }
    return exit_ok;
  });
}

int show(const replay_options& options) {
  return with_store(options, [&](replay_store& store) {
    const auto job = store.find(options.job);
    if (!job) return explain(job.error());
    (void)final_word(store, options, *job);
    return exit_ok;
  });
}

int watch(const replay_options& options) {
  return with_store(options,
                    [&](replay_store& store) { return follow(store, options, options.job); });
}

int change(const replay_options& options, const char* now_it,
           result<void> (replay_store::*what)(std::int64_t, std::string_view)) {
  return with_store(options, [&](replay_store& store) {
    if (auto r = (store.*what)(options.job, acting_person()); !r) return explain(r.error());
    print(fmt::format("replay {} {}\n", options.job, now_it));
    return exit_ok;
  });
}

int pause(const replay_options& options) {
  return change(options, "is paused; go on with: taylordash replay resume", &replay_store::pause);
}
int resume(const replay_options& options) {
  return change(options, "goes on where it was", &replay_store::resume);
}
int cancel(const replay_options& options) {
  return change(options, "is cancelled; what was sent stays sent", &replay_store::cancel);
}

void add_filter(CLI::App& verb, replay_options& o) {
  auto& f = o.request.filter;
  verb.add_flag("--mirror", o.mirror, "Of stored events, not of dead letters");
  verb.add_option("--since", o.since,
                  "Failed (--mirror: occurred) no earlier than this, or this long ago")
      ->type_name("TIME");
  verb.add_option("--before", o.before, "Earlier than this, or longer ago")->type_name("TIME");
  verb.add_option("--topic", f.topic_prefix, "Topics that begin so")->type_name("PREFIX");
  verb.add_option("--kind", f.kind, "Of this kind")->type_name("KIND");
  verb.add_option("--group", f.fingerprint, "Of this group of dead letters (dlq groups shows them)")
      ->type_name("HEX");
  verb.add_option("--id", f.ids, "Only these (dlq list shows ids; --mirror: event ids), repeatable")
      ->type_name("ID")
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_replay_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("replay", "Send dead letters, or stored events, once more: durable jobs");
  command->require_subcommand(1);
  command->footer(
      "A running service does the work and survives its own kill -9: what was sent is recognised.\n"
      "Example:\n"
      "  taylordash replay start --group 6f1e02 --dry-run");
  const auto add_verb = [&](const char* name, const char* what, int (*run)(const replay_options&),
                            const char* footer) {
    auto* verb = command->add_subcommand(name, what);
    auto options = std::make_shared<replay_options>();
    verb->footer(footer);
    verb->callback([options, run, &status] { status = run(*options); });
    add_database_options(*verb, options->database);
    return std::pair{verb, options};
  };
  {
    auto [verb, o] = add_verb("start", "Start a job and watch it", start,
                              "All open dead letters, unless narrowed; a person's edit is what is "
                              "sent.\n"
                              "Examples:\n"
                              "  taylordash replay start --dry-run\n"
                              "  taylordash replay start --kind task_updated --rate 500\n"
                              "  taylordash replay start --mirror --consumer billing "
                              "--since 3d");
    add_filter(*verb, *o);
    verb->add_option("--consumer", o->request.consumer, "To this consumer, not to the pipeline")
        ->type_name("NAME");
    verb->add_flag("--dry-run", o->request.dry_run, "Only see how many would pass, and why not");
    verb->add_option("--rate", o->request.rate, "Events a second at most")
        ->check(CLI::Range(1u, 1'000'000u).description("UINT"));
    verb->add_flag("--all", o->all, "Everything, where nothing narrows it down");
    verb->add_flag("--detach", o->detach, "Print the job's number and return");
    verb->add_flag("--json", o->json, "Print the result as one line of JSON");
  }
  {
    auto [verb, o] =
        add_verb("list", "The latest jobs", list, "Example:\n  taylordash replay list");
    verb->add_flag("--json", o->json, "One JSON object a line");
  }
  struct of_one_job {
    const char* name;
    const char* what;
    int (*run)(const replay_options&);
  };
  for (const auto& v : {of_one_job{"show", "A job, its result and its history", show},
                        of_one_job{"watch", "Watch a job until it is over", watch},
                        of_one_job{"pause", "Hold a job after its current step", pause},
                        of_one_job{"resume", "Let a paused job go on", resume},
                        of_one_job{"cancel", "End a job; what was sent stays sent", cancel}}) {
    auto [verb, o] = add_verb(v.name, v.what, v.run, "");
    verb->add_option("JOB", o->job, "Its number")->required();
    verb->footer(fmt::format("Example:\n  taylordash replay {} 3", v.name));
    if (v.run == show || v.run == watch) verb->add_flag("--json", o->json, "For programs");
  }
}

}  // namespace td
