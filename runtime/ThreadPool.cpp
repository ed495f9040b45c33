#include "runtime/ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <system_error>
#include <thread>

namespace ricci::runtime {

namespace {

// How long a thread that has nothing to do stays awake, and after how much of it whoever wants its processor gets it. On a
// virtual machine one that sleeps begins 60 to 120 µs after it is called, one that is awake after 0.4 µs, after 20 ms 4 µs.
constexpr auto awakeTime = std::chrono::milliseconds(30);
constexpr auto ownTime = std::chrono::microseconds(50);

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Worker {
public:
  Worker() {
    std::thread([this] { serve(); }).detach();
  }

  void begin(void (*function)(void *), void *with) {
    work = function;
    argument = with;
    state = Given;
    state.notify_one();
  }

  // Takes back what has not begun, or waits for it.
  void end() {
    State given = Given;
    if (!state.compare_exchange_strong(given, Idle))
      waitWhile(Busy);
  }

  Worker *next = nullptr; // of those that are idle, or of those that one caller has

private:
  enum State : int { Idle, Given, Busy }; // only the worker leaves Busy, only its caller leaves Idle

  void serve() {
    while (true) {
      waitWhile(Idle);
      State given = Given;
      if (!state.compare_exchange_strong(given, Busy))
        continue; // taken back
      work(argument);
      state = Idle;
      state.notify_one();
    }
  }

  void waitWhile(State what) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    for (auto passed = Clock::duration(0); passed < awakeTime; passed = Clock::now() - start) {
      for (int i = 0; i < 8; ++i, pause())
        if (state != what)
          return;
      if (passed > ownTime)
        sched_yield();
    }
    state.wait(what);
  }

  std::atomic<State> state{Idle};
  void (*work)(void *) = nullptr;
  void *argument = nullptr;
};

// Never destroyed: its threads end with the process.
class ThreadPool {
public:
  static ThreadPool &instance() {
    static ThreadPool &pool = *new ThreadPool;
    return pool;
  }

  // A list of up to `most` workers that nobody else has, those first that were idle for the shortest time.
  Worker *take(int most) {
    std::lock_guard lock(mutex);
    Worker *taken = nullptr;
    for (int i = 0; i < most; ++i) {
      Worker *worker = idle ? pop(idle) : start(std::max(most, processors - 1));
      if (!worker)
        break;
      push(taken, worker);
    }
    return taken;
  }

  void giveBack(Worker *workers) {
    std::lock_guard lock(mutex);
    while (workers)
      push(idle, pop(workers));
  }

private:
  ThreadPool() {
    // A child process has none of its parent's threads.
    pthread_atfork([] { instance().mutex.lock(); }, [] { instance().mutex.unlock(); },
                   [] {
                     instance().idle = nullptr;
                     instance().count = 0;
                     instance().mutex.unlock();
                   });
  }

  static void push(Worker *&list, Worker *worker) {
    worker->next = list;
    list = worker;
  }

  static Worker *pop(Worker *&list) {
    Worker *first = list;
    list = first->next;
    return first;
  }

  // Null if there are enough, or the system grants no more.
  Worker *start(int enough) {
    if (count >= enough)
      return nullptr;
    try {
      Worker *worker = new Worker;
      ++count;
      return worker;
    } catch (const std::system_error &) {
      return nullptr;
    }
  }

  const int processors = processorCount();
  std::mutex mutex;
  Worker *idle = nullptr;
  int count = 0; // of all workers
};

} // namespace

int processorCount() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void runOnThreads(int others, void (*work)(void *), void *argument) {
  ThreadPool &pool = ThreadPool::instance();
  Worker *workers = pool.take(others);
  for (Worker *worker = workers; worker; worker = worker->next)
    worker->begin(work, argument);
  work(argument);
  for (Worker *worker = workers; worker; worker = worker->next)
    worker->end();
  pool.giveBack(workers);
}

} // namespace ricci::runtime
