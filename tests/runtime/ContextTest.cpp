#include "runtime/Context.h"
#include "runtime/ThreadPool.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace ricci::runtime;

namespace {

ricci_array vectorOf(void *data, int64_t size) {
  ricci_array array{};
  array.data = data;
  array.rank = 1;
  array.sizes[0] = size;
  array.dtype = RICCI_F64;
  return array;
}

std::vector<ricci_array> noInputs;

void doubleIt(ricci_context *context, const ricci_array *in, ricci_array *out) {
  int64_t n = in[0].sizes[0];
  auto *scratch = static_cast<double *>(ricci_alloc(context, n * 8));
  auto *result = static_cast<double *>(ricci_alloc(context, n * 8));
  for (int64_t i = 0; i < n; ++i)
    scratch[i] = static_cast<const double *>(in[0].data)[i];
  for (int64_t i = 0; i < n; ++i)
    result[i] = 2 * scratch[i];
  out[0] = vectorOf(result, n);
}

TEST(Context, ReturnsWhatTheEntryAllocated) {
  double data[3] = {1, 2, 3};
  std::vector<Array> kept;
  {
    Context context;
    auto results = invoke(context, doubleIt, std::array{vectorOf(data, 3)}, 1);
    ASSERT_TRUE(results);
    EXPECT_EQ(context.memory().liveBytes(), 64) << "scratch memory is left";
    EXPECT_EQ(context.memory().peakBytes(), 128);
    kept = std::move(*results);
  }
  EXPECT_EQ(kept[0].as<double>()[2], 6.0);
}

void passThrough(ricci_context *context, const ricci_array *in, ricci_array *out) {
  out[0] = in[0];
  out[1] = out[2] = vectorOf(ricci_alloc(context, 8), 1);
  *static_cast<double *>(out[1].data) = 7;
}

TEST(Context, CopiesOutputsThatItCannotOwn) {
  double data[1] = {5};
  Context context;
  auto results = invoke(context, passThrough, std::array{vectorOf(data, 1)}, 3);
  ASSERT_TRUE(results);
  data[0] = 0;
  EXPECT_EQ((*results)[0].as<double>()[0], 5);
  EXPECT_EQ((*results)[1].as<double>()[0], 7);
  EXPECT_EQ((*results)[2].as<double>()[0], 7);
  EXPECT_NE((*results)[1].data(), (*results)[2].data());
}

void failing(ricci_context *context, const ricci_array *, ricci_array *) {
  ricci_alloc(context, 1000);
  ricci_fail(context, "model.ricci:3:7", "R0001", "index 5 is out of range");
}

TEST(Context, ReportsAFailureAndStaysUsable) {
  Context context;
  for (int repeat = 0; repeat < 3; ++repeat) {
    auto results = invoke(context, failing, noInputs, 0);
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().where, "model.ricci:3:7");
    EXPECT_EQ(results.error().code, "R0001");
    EXPECT_EQ(results.error().message, "index 5 is out of range");
    EXPECT_EQ(context.memory().liveBytes(), 0);
  }
  double data[1] = {1};
  EXPECT_TRUE(invoke(context, doubleIt, std::array{vectorOf(data, 1)}, 1));
}

void greedy(ricci_context *context, const ricci_array *, ricci_array *) {
  for (;;)
    ricci_alloc(context, 1 << 20);
}

void negative(ricci_context *context, const ricci_array *, ricci_array *) { ricci_alloc(context, -8); }

TEST(Context, EndsAnInvocationAtTheMemoryLimit) {
  Context context({.memoryLimit = 16 << 20});
  for (ricci_entry entry : {greedy, negative}) {
    auto results = invoke(context, entry, noInputs, 0);
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, outOfMemoryCode);
    EXPECT_EQ(context.memory().liveBytes(), 0);
  }
  EXPECT_LE(context.memory().peakBytes(), 16 << 20);
}

TEST(ParallelFor, RunsEveryChunkOnce) {
  for (int threads : {1, 2, 5}) {
    Context context({.threads = threads});
    for (int64_t chunks : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(chunks));
      ricci_parallel_for(
          &context, chunks, [](void *env, int64_t chunk) { ++static_cast<std::atomic<int> *>(env)[chunk]; },
          seen.data());
      for (auto &count : seen)
        EXPECT_EQ(count, 1);
    }
  }
}

struct Nested {
  ricci_context *context;
  std::atomic<int64_t> sum{0};
};

TEST(ParallelFor, NestedCallsRunSerially) {
  Context context({.threads = 4});
  Nested nested{&context};
  ricci_parallel_for(
      &context, 8,
      [](void *env, int64_t) {
        auto *nested = static_cast<Nested *>(env);
        ricci_parallel_for(
            nested->context, 10, [](void *inner, int64_t chunk) { static_cast<Nested *>(inner)->sum += chunk; }, env);
      },
      &nested);
  EXPECT_EQ(nested.sum, 8 * 45);
}

TEST(ParallelFor, ThreadsOfALoopBegunHere) {
  Context context({.threads = 4});
  EXPECT_EQ(ricci_threads(&context), 4);
  Nested nested{&context};
  ricci_parallel_for(
      &context, 8,
      [](void *env, int64_t) {
        auto *nested = static_cast<Nested *>(env);
        nested->sum += ricci_threads(nested->context);
      },
      &nested);
  EXPECT_EQ(nested.sum, 8);
}

// Two chunks that both wait for the other: they need two threads.
void needTwoThreads(Context &context) {
  std::atomic<int> begun{0};
  ricci_parallel_for(
      &context, 2,
      [](void *env, int64_t) {
        auto &begun = *static_cast<std::atomic<int> *>(env);
        ++begun;
        while (begun < 2)
          std::this_thread::yield();
      },
      &begun);
}

TEST(ParallelFor, WakesThreadsThatSleep) {
  Context context({.threads = 2});
  for (int pause : {0, 1, 60, 0}) {
    std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    needTwoThreads(context);
  }
}

TEST(ParallelFor, ManyCallersShareThreads) {
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      Context context({.threads = 3});
      for (int loop = 0; loop < 2000; ++loop)
        ricci_parallel_for(
            &context, 5, [](void *env, int64_t chunk) { *static_cast<std::atomic<int64_t> *>(env) += chunk; }, &sum);
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(sum, 4 * 2000 * 10);
}

// Every thread is held by one loop; the other one's caller has to do it alone.
TEST(ParallelFor, WaitsForNoThreadThatOthersHave) {
  std::atomic<int> held{0};
  std::atomic<bool> release{false};
  struct Held {
    std::atomic<int> &count;
    std::atomic<bool> &release;
  } hold{held, release};
  const int most = std::max(8, processorCount());
  std::thread holder([&] {
    Context context({.threads = most});
    ricci_parallel_for(
        &context, most,
        [](void *env, int64_t) {
          auto &hold = *static_cast<Held *>(env);
          ++hold.count;
          while (!hold.release)
            std::this_thread::yield();
        },
        &hold);
  });
  while (held < most)
    std::this_thread::yield();
  Context context({.threads = most});
  std::atomic<int> done{0};
  ricci_parallel_for(&context, 100, [](void *env, int64_t) { ++*static_cast<std::atomic<int> *>(env); }, &done);
  EXPECT_EQ(done, 100);
  release = true;
  holder.join();
}

TEST(ParallelFor, RunsInAChildProcess) {
  Context context({.threads = 2});
  needTwoThreads(context);
  const pid_t child = fork();
  if (child == 0) {
    needTwoThreads(context);
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace
