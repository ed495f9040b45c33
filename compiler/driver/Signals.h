#pragma once

namespace ricci::driver {

// Large data files are mapped; if one is cut short while a program reads it, the system has no other way to say so than
// SIGBUS. From now on that ends the process with a message and the status of bad data. Only an executable may do this,
// since a signal's handler belongs to the process: a host that wants no such risk has its files read instead.
void reportLostData();

} // namespace ricci::driver
