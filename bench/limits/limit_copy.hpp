#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "bench/load/generator.hpp"
#include "pipeline/batch.hpp"
#include "pipeline/result.hpp"

namespace td::bench {

struct copy_options {
  std::string database_url{};
  std::uint64_t events{};  ///< of all lanes together
  std::int32_t lanes{2};
  std::uint64_t seed{1};  ///< of the ids
  batch_limits limits{};
};

/// The limit of the database: the bench's own rows into the same table, with the statements,
/// journal and batch bounds of the service, and no broker at all. One thread and one connection
/// per lane; every batch is full. Making a row costs some 0.1 us and is part of it.
///
/// Returns what was committed once all of it is; `ready` is called before the first row. internal:
/// the server refused something; stopping.
result<load_report> copy_rows(const copy_options& options, std::stop_token stop, void (*ready)());

}  // namespace td::bench
