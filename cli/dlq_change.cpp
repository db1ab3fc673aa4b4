#include "cli/dlq_change.hpp"

#include <algorithm>
#include <iostream>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/dlq_tools.hpp"
#include "cli/dlq_view.hpp"
#include "cli/editor.hpp"
#include "cli/person.hpp"
#include "cli/terminal.hpp"

namespace td::dlq {
namespace {

using namespace terminal;

constexpr std::size_t max_correction_bytes = 64u << 20;

// -- edit ---

/// Stores the correction and says what the pipeline would make of it.
result<int> store_correction(dead_letter_store& store, const edit_options& options,
                             const dead_letter& letter, const std::string& bytes) {
  const auto id = short_id(letter.about.id);
  const auto changed = store.edit(letter.about.id, bytes, acting_person());
  if (!changed) return changed.error();
  if (!*changed) {
    print(fmt::format("{} is as it was: nothing is changed\n", id));
    return exit_ok;
  }
  const auto refused = refusal_now(options.address, letter.about.topic, bytes);
  print(fmt::format("{} is edited ({}); {}\n", id, counted(bytes.size(), "byte"),
                    refused ? "it would still be refused: " + visible(to_string(*refused))
                            : "it would pass now"));
  return exit_ok;
}

result<int> edit_in_editor(dead_letter_store& store, const edit_options& options,
                           const dead_letter& letter) {
  auto file = edited_file::make(short_id(letter.about.id), letter.edited.value_or(letter.raw));
  if (!file) {
    print_error(visible(file.error().detail));
    return exit_failed;
  }
  const auto bytes = file->let_edit();
  if (!bytes) {
    print_error(visible(bytes.error().detail) + "; nothing is changed");
    return exit_failed;
  }
  auto done = store_correction(store, options, letter, *bytes);
  // A person's work is not thrown away because a database is.
  if (!done) print_error(fmt::format("your text is kept in {}", visible(file->keep())));
  return done;
}

result<int> edit_from(dead_letter_store& store, const edit_options& options,
                      const dead_letter& letter) {
  const auto bytes = read_whole(options.file, max_correction_bytes);
  if (bytes) return store_correction(store, options, letter, *bytes);
  print_error(visible(bytes.error().detail) + "; nothing is changed");
  return exit_failed;
}

// -- discard and reopen ---

struct change {
  std::string_view verb;  ///< "discard"
  std::string_view done;  ///< "discarded"
  dead_letter_status from;
  dead_letter_status to;
};
constexpr change discarding{"discard", "discarded", dead_letter_status::open,
                            dead_letter_status::discarded};
constexpr change reopening{"reopen", "reopened", dead_letter_status::discarded,
                           dead_letter_status::open};

result<std::uint64_t> carry_out(dead_letter_store& store, const change& what,
                                const dead_letter_filter& filter, const std::string& reason) {
  return what.to == dead_letter_status::discarded ? store.discard(filter, reason, acting_person())
                                                  : store.reopen(filter, acting_person());
}

/// Asks where somebody is there to answer.
bool confirmed(const change& what, std::uint64_t count) {
  if (::isatty(STDIN_FILENO) != 1) {
    print_error(fmt::format("this would {} {}; if that is right, say so with --yes", what.verb,
                            counted(count, "dead letter")));
    return false;
  }
  write(standard_error(), fmt::format("{} {}? [y/N] ", what.verb, counted(count, "dead letter")));
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return true;
  print_error("nothing is changed");
  return false;
}

/// Named ones that were left alone, because they are in another state. Those that are already as
/// they should be are no failure.
result<int> explain_left(dead_letter_store& store, const change& what,
                         const dead_letter_filter& before) {
  int status = exit_ok;
  for (const auto& id : before.ids) {
    const auto letter = store.get(id);
    if (!letter && letter.error().code != errc::not_found) return letter.error();
    if (letter && letter->about.status == what.to) continue;
    print_error(letter ? fmt::format("{} is {} and was left alone", short_id(id),
                                     name_of(letter->about.status))
                       : fmt::format("{} is not there any more", short_id(id)));
    status = exit_failed;
  }
  return status;
}

result<int> change_named(dead_letter_store& store, const change& what,
                         const dead_letter_filter& filter, const std::string& reason) {
  const auto full = store.resolve(filter);
  if (!full) return full.error();
  const auto moved = carry_out(store, what, *full, reason);
  if (!moved) return moved.error();
  print(fmt::format("{} {}\n", what.done, counted(*moved, "dead letter")));
  return *moved == full->ids.size() ? result<int>{exit_ok} : explain_left(store, what, *full);
}

result<int> change_matching(dead_letter_store& store, const change& what,
                            const dead_letter_filter& filter, const change_options& options) {
  const auto count = store.count(filter);
  if (!count) return count.error();
  if (*count == 0) {
    print(fmt::format("no {} dead letter matches: nothing is changed\n", name_of(what.from)));
    return exit_ok;
  }
  if (!options.yes && !confirmed(what, *count)) return exit_failed;
  const auto moved = carry_out(store, what, filter, options.reason);
  if (!moved) return moved.error();
  print(fmt::format("{} {}\n", what.done, counted(*moved, "dead letter")));
  return exit_ok;
}

int run_change(const change& what, const change_options& options) {
  const auto filter = filter_or_explain(options.selection, what.from);
  if (!filter) return exit_usage;
  if (!is_narrowed(*filter) && !options.all) {
    print_error(fmt::format(
        "which ones? Name ids, or say it with --code, --group, --topic, ... or --all; see also: "
        "taylordash dlq {} --help",
        what.verb));
    return exit_usage;
  }
  return with_store(options.address, [&](dead_letter_store& store) {
    return filter->ids.empty() ? change_matching(store, what, *filter, options)
                               : change_named(store, what, *filter, options.reason);
  });
}

}  // namespace

int edit(const edit_options& options) {
  return with_store(options.address, [&](dead_letter_store& store) -> result<int> {
    const auto letter = store.get(options.id);
    if (!letter) return letter.error();
    if (const auto status = letter->about.status; status != dead_letter_status::open) {
      print_error(fmt::format(
          "{} is {}: only an open one can be edited{}", short_id(letter->about.id), name_of(status),
          status == dead_letter_status::discarded
              ? "; open it again with: taylordash dlq reopen " + short_id(letter->about.id)
              : ""));
      return exit_failed;
    }
    return options.file.empty() ? edit_in_editor(store, options, *letter)
                                : edit_from(store, options, *letter);
  });
}

int discard(const change_options& options) {
  return run_change(discarding, options);
}

int reopen(const change_options& options) {
  return run_change(reopening, options);
}

}  // namespace td::dlq
