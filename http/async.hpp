#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace td {

namespace asio = boost::asio;

/// A result that is there already, for handlers and authenticators that need not wait.
template <class T>
asio::awaitable<T> ready(T value) {
  co_return value;
}

/// How our coroutines await Asio's operations: errors are values.
inline constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

}  // namespace td
