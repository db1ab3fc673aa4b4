#include "schema/pattern.hpp"
