#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "pipeline/result.hpp"

namespace td {

/// Reads a document the slow and obvious way, to say what is wrong with it, and where, when the
/// fast parser has refused it. Absent when nothing is: RFC 8259 JSON, at most `max_depth`
/// containers deep, numbers within 64-bit integers and finite doubles and the limits of
/// `number_fault`, no escape that PostgreSQL refuses. Else the first fault in the order of the
/// bytes, with the byte in the detail: not_utf8 (wherever it stands), body_empty (nothing but
/// white space), not_json, too_deep, number_too_long, number_out_of_range, nul_escape,
/// surrogate_escape; the last five with a pointer. Linear in the document. Any thread.
std::optional<failure> find_json_fault(std::string_view json, std::size_t max_depth);

}  // namespace td
