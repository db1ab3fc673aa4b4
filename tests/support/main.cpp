#define BOOST_TEST_MODULE taylordash
#include <boost/test/unit_test.hpp>
