#include "schema/compiled_schema.hpp"
