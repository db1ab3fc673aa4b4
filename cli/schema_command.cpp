#include "cli/schema_command.hpp"

#include <functional>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/database_address.hpp"
#include "cli/person.hpp"
#include "cli/schema_view.hpp"
#include "cli/terminal.hpp"
#include "config/files.hpp"
#include "pipeline/document.hpp"
#include "schema/compiled_schema.hpp"
#include "storage/schema_store.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr const char* application = "taylordash schema";
constexpr std::size_t max_documents_bytes = 1u << 30;
constexpr std::size_t max_violations = 20;  // of one document

struct schema_options {
  database_address_options database{};
  std::string kind{};
  std::int32_t version{};
  std::string file{};
  std::string documents{};
  std::uint32_t days{};
  bool json{};
  bool yes{};
};

int fail(std::string_view line) {
  print_error(line);
  return exit_failed;
}

/// Runs `work` with the store, or says why there is none.
int with_store(const schema_options& options, const std::function<int(schema_store&)>& work,
               const char* what) {
  const auto database = database_or_explain(options.database, application);
  if (!database) return exit_failed;
  auto store = open_schema_store(*database);
  if (!store) return fail(fmt::format("{}: {}", what, database_trouble(*database, store.error())));
  return work(**store);
}

/// A store's failure in words: what people did wrong stands alone.
int explain(const failure& why) {
  const bool ours = why.code == errc::not_found || why.code == errc::conflict;
  if (ours) return fail(why.detail);
  return fail(to_string(why));
}

std::optional<std::string> text_of(const std::string& file, std::size_t limit) {
  const auto content = config::read_file(file, limit);
  if (content.problem.empty()) return content.text;
  print_error(fmt::format("{}: {}", visible(file), content.problem));
  return std::nullopt;
}

/// "schema.json: /properties/x: what is wrong".
std::string place_of(const std::string& file, const failure& why) {
  return fmt::format("{}: {}{}{}", visible(file), visible(why.pointer),
                     why.pointer.empty() ? "" : ": ", why.detail);
}

// -- list, show ---

int list(const schema_options& options) {
  return with_store(
      options,
      [&](schema_store& store) {
        const auto all = store.list(options.kind);
        if (!all) return explain(all.error());
        if (all->empty() && !options.kind.empty())
          return fail(fmt::format("the kind {} has no schema", visible(options.kind)));
        print(options.json ? schemas_json(*all) : render_schemas(standard_output(), *all));
        return exit_ok;
      },
      "schemas can't be listed");
}

int show(const schema_options& options) {
  return with_store(
      options,
      [&](schema_store& store) {
        const auto s = store.find(options.kind, options.version);
        if (!s) return explain(s.error());
        if (standard_output().terminal) {
          write(standard_error(),
                paint(standard_error(), colour::dim,
                      fmt::format("{} version {}, {} since {} by {}", s->kind, s->version,
                                  name_of(s->state), to_rfc3339(s->changed_at),
                                  visible(s->changed_by))) +
                    "\n");
        }
        print(s->body.ends_with('\n') ? s->body : s->body + "\n");
        return exit_ok;
      },
      "the schema can't be read");
}

// -- check ---

/// Holds each line of a file against the schema. Returns how many break it; absent when a line is
/// no document.
std::optional<std::size_t> check_documents(const compiled_schema& schema, const std::string& file,
                                           std::string text) {
  std::size_t broken = 0;
  std::size_t number = 0;
  simdjson::dom::parser parser;
  for (std::string_view rest{text}; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    simdjson::dom::element document;
    if (const auto bad = parser.parse(line.data(), line.size(), true).get(document); bad) {
      print_error(
          fmt::format("{}:{}: not JSON: {}", visible(file), number, simdjson::error_message(bad)));
      return std::nullopt;
    }
    const auto violations = schema.check_all(document, max_violations);
    broken += violations.empty() ? 0 : 1;
    for (const auto& v : violations) {
      print(fmt::format("{}:{}: {}: {} (\"{}\" at {} of the schema)\n", visible(file), number,
                        v.pointer.empty() ? "(the document)" : visible(v.pointer),
                        visible(v.sentence), v.keyword, visible(v.schema_pointer)));
    }
  }
  print(fmt::format("{}: {} of {} break the schema\n", visible(file), broken,
                    counted(number, "document")));
  return broken;
}

int check(const schema_options& options) {
  const auto text = text_of(options.file, compiled_schema::max_text_bytes + 1);
  if (!text) return exit_failed;
  const auto compiled = compiled_schema::compile(*text);
  if (!compiled) return fail(place_of(options.file, compiled.error()));
  print(fmt::format("{}: a schema that can be obeyed\n", visible(options.file)));
  if (options.documents.empty()) return exit_ok;
  auto documents = text_of(options.documents, max_documents_bytes);
  if (!documents) return exit_failed;
  const auto broken = check_documents(**compiled, options.documents, *std::move(documents));
  return broken && *broken == 0 ? exit_ok : exit_failed;
}

// -- add, promote, retire ---

int add(const schema_options& options) {
  const auto text = text_of(options.file, compiled_schema::max_text_bytes + 1);
  if (!text) return exit_failed;
  // Before the database is asked: most mistakes are in the file.
  if (const auto compiled = compiled_schema::compile(*text); !compiled)
    return fail(place_of(options.file, compiled.error()));
  return with_store(
      options,
      [&](schema_store& store) {
        const auto version = store.add(options.kind, options.version, *text, acting_person());
        if (!version) return explain(version.error());
        print(
            fmt::format("{0} version {1} is a candidate: it refuses nothing, and checks live "
                        "events in the shadow of the active version.\n"
                        "  what it would refuse:  taylordash schema shadow {0} {1}\n"
                        "  put it in force:       taylordash schema promote {0} {1}\n",
                        options.kind, *version));
        return exit_ok;
      },
      "nothing was added");
}

/// What a person should know before the first event is refused. False: they have to say --yes.
bool may_promote(schema_store& store, const schema_options& options) {
  const auto seen = store.shadows(options.kind, options.version);
  if (!seen) return true;  // promote itself will say why
  const auto& c = seen->counts;
  if (c.checked == 0) {
    print_error(
        fmt::format("warning: it has seen no live event as a candidate; stored ones can be "
                    "asked: taylordash schema shadow {} {} --days 7",
                    visible(options.kind), options.version));
    return true;
  }
  if (c.failed == 0) return true;
  print_error(fmt::format("as a candidate it would have refused {} of {} live events{}",
                          grouped(c.failed), grouped(c.checked),
                          options.yes ? "" : "; promote it all the same with --yes"));
  return options.yes;
}

int promote(const schema_options& options) {
  return with_store(
      options,
      [&](schema_store& store) {
        if (!may_promote(store, options)) return exit_failed;
        if (auto r = store.promote(options.kind, options.version, acting_person()); !r)
          return explain(r.error());
        const auto judges = store.find(options.kind, 0);
        if (!judges) return explain(judges.error());
        print(fmt::format(
            "{} version {} is active on every node within a second; events that name no version "
            "are judged by version {}\n",
            options.kind, options.version, judges->version));
        return exit_ok;
      },
      "nothing was promoted");
}

int retire(const schema_options& options) {
  return with_store(
      options,
      [&](schema_store& store) {
        if (auto r = store.retire(options.kind, options.version, acting_person()); !r)
          return explain(r.error());
        const auto judges = store.find(options.kind, 0);
        const bool none = !judges || judges->state != schema_state::active;
        print(fmt::format("{} version {} is retired; {}\n", options.kind, options.version,
                          none ? "the kind has no active version left: its events are treated as "
                                 "schemas.unknown_kinds says"
                               : fmt::format("events that name it are dead letters, events that "
                                             "name none are judged by version {}",
                                             judges->version)));
        return exit_ok;
      },
      "nothing was retired");
}

// -- shadow ---

/// The version that is meant: the one named, else the newest candidate.
result<std::int32_t> candidate_of(schema_store& store, const schema_options& options) {
  if (options.version > 0) return options.version;
  const auto all = store.list(options.kind);
  if (!all) return all.error();
  for (const auto& s : *all) {
    if (s.state == schema_state::candidate) return s.version;
  }
  return failure{errc::not_found, fmt::format("the kind {} has no candidate; name a version",
                                              visible(options.kind))};
}

int report(const schema_options& options, const shadow_counts& counts, const std::string& of_what) {
  print(options.json ? shadow_json(counts) : render_shadow(standard_output(), counts, of_what));
  return exit_ok;
}

int shadow_of_stored(schema_store& store, const schema_options& options, const stored_schema& s) {
  const auto compiled = compiled_schema::compile(s.body);
  if (!compiled) return explain(compiled.error());
  shadow_tally tally;
  simdjson::dom::parser parser;
  const auto since = now() - std::chrono::days{options.days};
  std::uint64_t unread = 0;
  const auto shown =
      store.visit(s.kind, s.version, since, [&](const schema_store::stored_payload& e) {
        simdjson::dom::element payload;
        if (parser.parse(e.payload.data(), e.payload.size(), true).get(payload) !=
            simdjson::SUCCESS) {
          ++unread;  // jsonb writes 1e20 with all its digits, which no 64-bit integer holds
          return true;
        }
        if (const auto why = (*compiled)->check(payload)) {
          tally.failed(*why, e.event_id, e.occurred_at);
        } else {
          tally.passed();
        }
        return true;
      });
  if (!shown) return explain(shown.error());
  if (unread > 0) {
    print_error(
        fmt::format("{} could not be asked: numbers as the database writes them are past "
                    "64 bits",
                    counted(unread, "stored event")));
  }
  auto counts = tally.take();
  counts.kind = s.kind;
  counts.version = s.version;
  return report(options, counts,
                fmt::format("stored events of the last {}", counted(options.days, "day")));
}

int shadow(const schema_options& options) {
  return with_store(
      options,
      [&](schema_store& store) {
        const auto version = candidate_of(store, options);
        if (!version) return explain(version.error());
        const auto s = store.find(options.kind, *version);
        if (!s) return explain(s.error());
        if (options.days > 0) return shadow_of_stored(store, options, *s);
        const auto seen = store.shadows(options.kind, *version);
        if (!seen) return explain(seen.error());
        if (seen->counts.checked == 0) {
          return report(options, seen->counts,
                        "live events: none has come since it was added. Stored ones can be asked: "
                        "--days N");
        }
        return report(options, seen->counts,
                      fmt::format("live events since {}", to_rfc3339(seen->first_seen)));
      },
      "there is no report");
}

}  // namespace

void add_schema_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("schema", "Schemas of payloads: list, check, add, try out, put in force");
  command->require_subcommand(1);
  const auto add_verb = [&](const char* name, const char* what, int (*run)(const schema_options&),
                            const char* footer) {
    auto* verb = command->add_subcommand(name, what);
    auto options = std::make_shared<schema_options>();
    verb->footer(footer);
    verb->callback([options, run, &status] { status = run(*options); });
    return std::pair{verb, options};
  };
  const auto kind_of = [](CLI::App* verb, schema_options& o) {
    return verb->add_option("KIND", o.kind, "For example task_updated");
  };
  const auto version_of = [](CLI::App* verb, schema_options& o) {
    return verb->add_option("VERSION", o.version, "Its version")
        ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()).description("INT"));
  };
  {
    auto [verb, o] = add_verb("list", "All versions of all kinds, or of one", list,
                              "Example:\n  taylordash schema list task_updated");
    kind_of(verb, *o);
    verb->add_flag("--json", o->json, "One JSON object a line");
    add_database_options(*verb, o->database);
  }
  {
    auto [verb, o] = add_verb("show", "Print a schema as it was added", show,
                              "Without a version: the one that judges events that name none.\n"
                              "Example:\n  taylordash schema show task_updated 2 > task.json");
    kind_of(verb, *o)->required();
    version_of(verb, *o);
    add_database_options(*verb, o->database);
  }
  {
    auto [verb, o] = add_verb("check", "Whether a file is a schema that can be obeyed", check,
                              "Needs no database. With --documents, each line of that file is held "
                              "against it.\n"
                              "Example:\n  taylordash schema check task.json --documents "
                              "payloads.ndjson");
    verb->add_option("FILE", o->file, "A JSON Schema, draft 2020-12 or 7")->required();
    verb->add_option("--documents", o->documents, "Payloads, one JSON document a line")
        ->type_name("FILE");
  }
  {
    auto [verb, o] = add_verb("add", "Add a version, as a candidate", add,
                              "Example:\n  taylordash schema add task_updated task.json");
    kind_of(verb, *o)->required();
    verb->add_option("FILE", o->file, "A JSON Schema, draft 2020-12 or 7")->required();
    verb->add_option("--version", o->version, "Its number; default: the next one")
        ->check(CLI::Range(1, std::numeric_limits<std::int32_t>::max()).description("INT"));
    add_database_options(*verb, o->database);
  }
  {
    auto [verb, o] =
        add_verb("shadow", "What a candidate would refuse, of live or of stored events", shadow,
                 "Live counts are at most a few seconds old.\n"
                 "Example:\n  taylordash schema shadow task_updated --days 7");
    kind_of(verb, *o)->required();
    version_of(verb, *o);
    verb->add_option("--days", o->days, "Ask the events stored in the last N days")
        ->check(CLI::Range(1, 36500).description("UINT"));
    verb->add_flag("--json", o->json, "For programs");
    add_database_options(*verb, o->database);
  }
  {
    auto [verb, o] = add_verb("promote", "Put a candidate, or a retired version, in force", promote,
                              "Older versions stay active for events that name them.\n"
                              "Example:\n  taylordash schema promote task_updated 2");
    kind_of(verb, *o)->required();
    version_of(verb, *o)->required();
    verb->add_flag("--yes", o->yes, "Even if it would have refused live events");
    add_database_options(*verb, o->database);
  }
  {
    auto [verb, o] = add_verb("retire", "Take a version out of force", retire,
                              "promote undoes it.\n"
                              "Example:\n  taylordash schema retire task_updated 1");
    kind_of(verb, *o)->required();
    version_of(verb, *o)->required();
    add_database_options(*verb, o->database);
  }
}

}  // namespace td
