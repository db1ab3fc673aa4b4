#include "bench/limits/drain_row.hpp"

#include <memory>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "pipeline/schema.hpp"
#include "pipeline/validate.hpp"
#include "storage/mirror_rows.hpp"

using td::bench::drain_row;
using td::bench::event_writer;
namespace event_form = td::bench::event_form;

BOOST_AUTO_TEST_SUITE(drain_rows)

/// The limit puts into the table, byte for byte, what the service puts there.
BOOST_AUTO_TEST_CASE(are_the_rows_that_the_service_writes) {
  const auto occurred_at = *td::parse_rfc3339("2026-11-20T12:34:56.789012Z");
  const auto received_at = occurred_at + std::chrono::microseconds{4711};
  constexpr std::int64_t batch_id = 0x0102030405060708;
  event_writer writer{1, 42};
  auto raw = std::make_shared<td::batch>();
  for (int i = 0; i < 3; ++i)
    raw->add(event_form::topic, writer.next(occurred_at), received_at);
  td::validator check{{}, std::make_shared<td::open_schema_set>()};
  const auto checked = check.check(raw, received_at);
  BOOST_REQUIRE(checked.events.size() == 3u);

  for (std::uint32_t i = 0; i < 3; ++i) {
    td::copy_encoder service;
    td::encode_event(service, td::row_form::direct, checked, i, batch_id, 0);
    drain_row limit;
    const auto body = raw->body(raw->messages()[i]);
    const auto cut =
        limit.cut(body, event_form::topic, {received_at, batch_id, static_cast<std::int32_t>(i)});
    BOOST_TEST((cut == occurred_at));
    const std::string_view expected{service.data().data(), service.data().size()};
    BOOST_TEST((std::string_view(limit.bytes, drain_row::size) == expected));
  }
}

BOOST_AUTO_TEST_CASE(sort_as_their_ids_do) {
  event_writer writer{1, 0};
  for (int i = 0; i < 100; ++i) {
    drain_row a;
    drain_row b;
    const auto at = td::now();
    const std::string one{writer.next(at)};
    const std::string other{writer.next(at)};
    a.cut(one, event_form::topic, {at, 1, 0});
    b.cut(other, event_form::topic, {at, 1, 1});
    BOOST_TEST((a.id_head() < b.id_head()) ==
               (event_form::event_id.in(one) < event_form::event_id.in(other)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
