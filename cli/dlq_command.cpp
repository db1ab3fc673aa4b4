#include "cli/dlq_command.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/dlq_change.hpp"
#include "cli/dlq_tools.hpp"
#include "cli/dlq_view.hpp"
#include "cli/terminal.hpp"
#include "http/api/dead_letter_json.hpp"

namespace td {
namespace {

using namespace terminal;

constexpr std::size_t most_listed = 100'000;
constexpr std::size_t written_at_once = 64u << 10;

// -- list and groups ---

struct list_options {
  database_address_options address{};
  dlq_selection selection{};
  std::size_t limit{50};
  bool json{};
};

/// Up to `limit` of them, page by page.
result<std::vector<dead_letter_summary>> first_of(dead_letter_store& store,
                                                  const dead_letter_filter& filter,
                                                  std::size_t limit) {
  std::vector<dead_letter_summary> all;
  dead_letter_page page{};
  do {
    page.limit = std::min(limit - all.size(), dead_letter_page::max_limit);
    auto some = store.list(filter, page);
    if (!some) return some.error();
    std::move(some->letters.begin(), some->letters.end(), std::back_inserter(all));
    page.cursor = std::move(some->older);
  } while (!page.cursor.empty() && all.size() < limit);
  return all;
}

template <class Rows>
void print_lines(const Rows& rows) {
  for (const auto& row : rows)
    print(to_json(row) + "\n");
}

int list(const list_options& options) {
  const auto filter = dlq::filter_or_explain(options.selection, dead_letter_status::open);
  if (!filter) return exit_usage;
  return dlq::with_store(options.address, [&](dead_letter_store& store) -> result<int> {
    const auto letters = first_of(store, *filter, options.limit);
    if (!letters) return letters.error();
    if (options.json) {
      print_lines(*letters);
      return exit_ok;
    }
    print(render_letters(standard_output(), *letters, now()));
    if (letters->size() < options.limit) return exit_ok;
    const auto count = store.count(*filter);
    if (!count) return count.error();
    if (*count > letters->size()) {
      print(fmt::format("  the newest {} of {}; more with --limit N\n", grouped(letters->size()),
                        grouped(*count)));
    }
    return exit_ok;
  });
}

int groups(const list_options& options) {
  const auto filter = dlq::filter_or_explain(options.selection, dead_letter_status::open);
  if (!filter) return exit_usage;
  return dlq::with_store(options.address, [&](dead_letter_store& store) -> result<int> {
    const auto found = store.groups(*filter, options.limit);
    if (!found) return found.error();
    if (options.json) {
      print_lines(*found);
    } else {
      print(render_groups(standard_output(), *found, now()));
    }
    return exit_ok;
  });
}

// -- show ---

struct show_options {
  database_address_options address{};
  std::string id{};
  bool json{};
  bool raw{};
  bool force{};
};

int print_raw(const std::string& bytes, bool force) {
  if (standard_output().terminal && !force) {
    print_error(
        "these bytes may do anything to a terminal: send them to a file, or insist with --force");
    return exit_failed;
  }
  return print(bytes) ? exit_ok : exit_failed;
}

int show(const show_options& options) {
  return dlq::with_store(options.address, [&](dead_letter_store& store) -> result<int> {
    const auto letter = store.get(options.id);
    if (!letter) return letter.error();
    if (options.raw) return print_raw(letter->raw, options.force);
    if (options.json) {
      print(to_json(*letter) + "\n");
      return exit_ok;
    }
    std::optional<failure> fault;
    if (letter->edited)
      fault = dlq::refusal_now(options.address, letter->about.topic, *letter->edited);
    const auto& to = standard_output();
    print(render_letter(to, *letter, fault, size_of(to).columns, now()));
    return exit_ok;
  });
}

// -- export ---

struct export_options {
  database_address_options address{};
  dlq_selection selection{};
  std::string file{};
};

/// Lines that go out in large pieces.
class line_writer {
 public:
  explicit line_writer(output to) : to_{to} {}

  result<void> add(const std::string& line) {
    buffer_ += line;
    buffer_ += '\n';
    return buffer_.size() < written_at_once ? ok() : flush();
  }
  result<void> flush() {
    if (!write(to_, buffer_))
      return failure{errc::conflict,
                     std::string{"the output can't be written: "} + std::strerror(errno)};
    buffer_.clear();
    return ok();
  }

 private:
  output to_;
  std::string buffer_{};
};

result<std::uint64_t> write_all(dead_letter_store& store, const dead_letter_filter& filter,
                                output to) {
  line_writer lines{to};
  auto count = store.each(filter, [&](const dead_letter& l) { return lines.add(to_json(l)); });
  if (!count) return count;
  if (auto done = lines.flush(); !done) return done.error();
  return count;
}

result<int> export_to_file(dead_letter_store& store, const dead_letter_filter& filter,
                           const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    print_error(fmt::format("{} can't be made: {}", visible(file), std::strerror(errno)));
    return exit_failed;
  }
  auto count = write_all(store, filter, {.fd = fd});
  if (::fsync(fd) != 0 && count && errno != EINVAL)  // EINVAL: a pipe or the like
    count = failure{errc::conflict,
                    std::string{"the output can't be written: "} + std::strerror(errno)};
  ::close(fd);
  if (!count) {
    ::unlink(file.c_str());
    return count.error();
  }
  print(fmt::format("exported {} to {}\n", counted(*count, "dead letter"), visible(file)));
  return exit_ok;
}

int export_letters(const export_options& options) {
  const auto filter = dlq::filter_or_explain(options.selection, dead_letter_status::open);
  if (!filter) return exit_usage;
  return dlq::with_store(options.address, [&](dead_letter_store& store) -> result<int> {
    if (!options.file.empty() && options.file != "-")
      return export_to_file(store, *filter, options.file);
    const auto count = write_all(store, *filter, standard_output());
    if (!count) return count.error();
    return exit_ok;
  });
}

// -- the command line ---

void add_ids(CLI::App& command, std::vector<std::string>& ids) {
  command.add_option("ID", ids, "Ids, or their first digits (6 or more)");
}

void add_list(CLI::App& dlq, int& status) {
  auto* command = dlq.add_subcommand("list", "List dead letters, the newest first");
  auto options = std::make_shared<list_options>();
  add_dlq_filter(*command, options->selection, true);
  command->add_option("--limit", options->limit, "At most so many")
      ->check(CLI::Range(std::size_t{1}, most_listed))
      ->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object per line");
  add_database_options(*command, options->address);
  command->footer(
      "Examples:\n"
      "  taylordash dlq list --data-dir /var/lib/taylordash\n"
      "  taylordash dlq list --config taylordash.toml --since 2h --code schema_violation");
  command->callback([options, &status] { status = list(*options); });
}

void add_groups(CLI::App& dlq, int& status) {
  auto* command = dlq.add_subcommand(
      "groups", "What failed for the same reason at the same place, the largest group first");
  auto options = std::make_shared<list_options>();
  options->limit = 20;
  add_dlq_filter(*command, options->selection, true);
  command->add_option("--limit", options->limit, "At most so many groups")
      ->check(CLI::Range(std::size_t{1}, dead_letter_page::max_limit))
      ->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object per line");
  add_database_options(*command, options->address);
  command->footer(
      "Examples:\n"
      "  taylordash dlq groups --data-dir /var/lib/taylordash\n"
      "  taylordash dlq list --group 3fa9c1d2   (then look into one)");
  command->callback([options, &status] { status = groups(*options); });
}

void add_show(CLI::App& dlq, int& status) {
  auto* command = dlq.add_subcommand("show", "Show one: why, its bytes at the fault, its history");
  auto options = std::make_shared<show_options>();
  command->add_option("ID", options->id, "Its id, or the first digits (6 or more)")->required();
  auto* json = command->add_flag("--json", options->json, "One JSON object");
  command->add_flag("--raw", options->raw, "The bytes as they were delivered, and nothing else")
      ->excludes(json);
  command->add_flag("--force", options->force, "With --raw: also to a terminal");
  add_database_options(*command, options->address);
  command->footer(
      "Examples:\n"
      "  taylordash dlq show 3fa9c1d2e4b0 --config taylordash.toml\n"
      "  taylordash dlq show 3fa9c1d2e4b0 --raw > event.json");
  command->callback([options, &status] { status = show(*options); });
}

void add_edit(CLI::App& dlq, int& status) {
  auto* command = dlq.add_subcommand("edit", "Correct one; a replay then sends the correction");
  auto options = std::make_shared<dlq::edit_options>();
  command->add_option("ID", options->id, "Its id, or the first digits (6 or more)")->required();
  command->add_option("--file", options->file, "The new bytes; - is standard input")
      ->type_name("FILE");
  add_database_options(*command, options->address);
  command->footer(
      "Opens VISUAL or EDITOR, stores the correction beside what was delivered, and says whether\n"
      "it would pass now. Editing it back to what was delivered takes the correction away.\n"
      "Examples:\n"
      "  taylordash dlq edit 3fa9c1d2e4b0 --config taylordash.toml\n"
      "  jq '.payload.n = 5' event.json | taylordash dlq edit 3fa9c1d2e4b0 --file -");
  command->callback([options, &status] { status = dlq::edit(*options); });
}

using change = int (*)(const dlq::change_options&);

void add_change(CLI::App& dlq, int& status, const char* name, const char* what,
                const char* examples, bool reasoned, change run) {
  auto* command = dlq.add_subcommand(name, what);
  auto options = std::make_shared<dlq::change_options>();
  add_ids(*command, options->selection.ids);
  add_dlq_filter(*command, options->selection, false);
  command->add_flag("--all", options->all, "Every one, however many");
  command->add_flag("--yes", options->yes, "Don't ask");
  if (reasoned) {
    command->add_option("--reason", options->reason, "Why, for the history")
        ->type_name("TEXT")
        ->required();
  }
  add_database_options(*command, options->address);
  command->footer(examples);
  command->callback([options, run, &status] { status = run(*options); });
}

void add_export(CLI::App& dlq, int& status) {
  auto* command = dlq.add_subcommand("export", "Write them all, with their bytes, as JSON lines");
  auto options = std::make_shared<export_options>();
  add_ids(*command, options->selection.ids);
  add_dlq_filter(*command, options->selection, true);
  command->add_option("--output", options->file, "A new file; - or nothing: standard output")
      ->type_name("FILE");
  add_database_options(*command, options->address);
  command->footer(
      "A body that is not UTF-8 is base64 (raw_is_base64 says so).\n"
      "Example:\n"
      "  taylordash dlq export --config taylordash.toml --since 1d --output letters.ndjson");
  command->callback([options, &status] { status = export_letters(*options); });
}

}  // namespace

void add_dlq_command(CLI::App& app, int& status) {
  auto* dlq =
      app.add_subcommand("dlq", "Look into dead letters: list, show, edit, discard, export");
  dlq->require_subcommand(1);
  add_groups(*dlq, status);
  add_list(*dlq, status);
  add_show(*dlq, status);
  add_edit(*dlq, status);
  add_change(
      *dlq, status, "discard", "Put them aside for good, with a reason",
      "Examples:\n"
      "  taylordash dlq discard 3fa9c1d2e4b0 --reason \"test data\" --config taylordash.toml\n"
      "  taylordash dlq discard --group 3fa9c1d2 --before 7d --reason \"device replaced\"",
      true, dlq::discard);
  add_change(*dlq, status, "reopen", "Take back that they were discarded",
             "Example:\n"
             "  taylordash dlq reopen 3fa9c1d2e4b0 --config taylordash.toml",
             false, dlq::reopen);
  add_export(*dlq, status);
  dlq->footer(
      "The database: --data-dir DIR of a standalone instance, or the settings (database.url).\n"
      "Example, the usual way through:\n"
      "  taylordash dlq groups --data-dir /var/lib/taylordash\n"
      "  taylordash dlq list --group 3fa9c1d2 --data-dir /var/lib/taylordash\n"
      "  taylordash dlq show 3fa9c1d2e4b0 --data-dir /var/lib/taylordash");
}

}  // namespace td
