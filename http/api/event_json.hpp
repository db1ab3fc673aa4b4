#pragma once

#include <string>
#include <vector>

#include "storage/event_journey.hpp"
#include "storage/event_search.hpp"
#include "storage/journal_minutes.hpp"

namespace td {

/// An event as the API shows it: {"event_id", "trace_id", "occurred_at", "received_at", "kind",
/// "source", "topic", "schema_version", "payload"}; without schema_version where there is none.
/// The payload is embedded as PostgreSQL writes it.
std::string to_json(const found_event& e);

/// {"items": [...], "next", "cut_short", "reached"}: a page of a search.
std::string to_json(const event_page& page);

/// {"stages": [{"event", "position", "lane", "committed_at", "deliveries": [...]}], "more"}
std::string to_json(const journey& j);

/// {"items": [{"from", "batches", "stored", "duplicate", "dead_lettered"}]}
std::string to_json(const std::vector<journal_count>& counts);

/// One line of a comma-separated file (RFC 4180), with its CRLF; and the line of names above them.
/// Texts that a spreadsheet would take for a formula stay as they are: quoting does not change
/// them.
std::string to_csv(const found_event& e);
std::string_view csv_header() noexcept;

}  // namespace td
