// The process's threads for parallel loops: started when first needed, kept, and shared by all who call. One that has
// nothing to do stays awake for a moment, in which the next loop finds it, and then sleeps.
#pragma once

namespace ricci::runtime {

// How many processors this process may use.
int processorCount();

// Calls work(argument) on this thread and on up to `others` more, fewer if the rest are busy or the system grants no more;
// returns when all calls have returned. A thread that has not begun when this one is done is not waited for: so the calls
// divide what there is to do among themselves, and where processors are scarce this thread does it alone.
void runOnThreads(int others, void (*work)(void *), void *argument);

} // namespace ricci::runtime
