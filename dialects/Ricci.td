// All operations: what documentation is generated from.
#ifndef RICCI_TD
#define RICCI_TD

include "dialects/RicciMixed.td"
include "dialects/RicciOps.td"

#endif
