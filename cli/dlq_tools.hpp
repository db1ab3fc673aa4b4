#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/database_address.hpp"
#include "cli/dlq_options.hpp"
#include "storage/dead_letter_store.hpp"

/// What the subcommands of `dlq` have in common.
namespace td::dlq {

/// Does the work of a command on an open store and returns its exit status, or what the store's
/// failure was, which is then explained. The exit status of the process.
using work = std::function<result<int>(dead_letter_store&)>;
int with_store(const database_address_options& address, const work& what);

/// The filter, or nothing and the complaint printed.
std::optional<dead_letter_filter> filter_or_explain(const dlq_selection& selection,
                                                    dead_letter_status usual);

/// Why these bytes would be refused now, by the rules of the settings and the schemas in force; or
/// why that can't be told.
std::optional<failure> refusal_now(const database_address_options& address, std::string_view topic,
                                   std::string_view bytes);

}  // namespace td::dlq
