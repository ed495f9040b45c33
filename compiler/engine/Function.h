// A function that is compiled and called: immutable and re-entrant. Its sizes are the arguments' to say; element types,
// ranks and the sizes that the signature fixes are checked at each call, the others by the code itself (R0003).
#pragma once

#include "compiler/engine/Engine.h"
#include "compiler/engine/Tensor.h"
#include "runtime/Array.h"

#include <mutex>
#include <span>

namespace ricci::engine {

// Memory for the calls of one function by one thread at a time.
class Workspace {
public:
  const Error &error() const { return failure; }

private:
  friend class Function;
  Workspace(const Signature &signature, runtime::ContextOptions options);

  runtime::Context context;
  std::vector<ricci_array> inputs, outputs;
  std::vector<runtime::RunOptions::Place> places;
  Error failure;
};

class Function {
public:
  static Result<std::shared_ptr<const Function>> create(std::shared_ptr<const Engine>, std::shared_ptr<const Module>,
                                                        const Entry &, const CompileOptions & = {});
  ~Function();

  const Signature &signature() const { return shape; }
  const Entry &entry() const { return what; }
  const Cost &cost() const { return code->object.cost; }
  const Module &module() const { return *source; }
  // What `ricci inspect --json` tells of it (compiler/Inspect/report.schema.json), nothing measured. Compiles it again.
  Result<std::string> report() const;

  // The results own their memory and may outlive everything else.
  Result<std::vector<runtime::Array>> call(std::span<const Tensor> arguments,
                                           const std::atomic<int32_t> *stop = nullptr) const;

  // Rehearses the call, without its effects, so that calls with arguments of the same shapes find all the memory that
  // they ask for; it keeps no reference to the arguments.
  Result<std::unique_ptr<Workspace>> workspace(std::span<const Tensor> arguments) const;

  // Writes the results where the host has its memory; that of one must not overlap another's. With a workspace nothing
  // is allocated, and needing more than it holds is OutOfMemory. Nothing is thrown. What went wrong is in `failure`, if
  // there is one, and else in the workspace.
  Status callInto(Workspace *workspace, std::span<const Tensor> arguments, std::span<const Tensor> results,
                  const std::atomic<int32_t> *stop = nullptr, Error *failure = nullptr) const noexcept;

  // The derivative of the function; of a derivative there is none by this way.
  Result<std::shared_ptr<const Function>> derivative(Entry::Form form, std::vector<std::string> variables,
                                                     const CompileOptions &options = {}) const;

private:
  Function() = default;

  std::unique_ptr<Workspace> take() const;
  void giveBack(std::unique_ptr<Workspace>) const noexcept;
  bool bind(Workspace &, std::span<const Tensor> arguments) const;
  bool run(Workspace &, std::span<const Tensor> arguments, const runtime::RunOptions &) const;
  void place(Workspace &, std::span<const Tensor> arguments, std::span<const Tensor> results) const;
  bool deliver(Workspace &, std::span<const Tensor> arguments, std::span<const Tensor> results) const;

  std::shared_ptr<const Engine> engine;
  std::shared_ptr<const Module> source;
  std::shared_ptr<const Code> code;
  Entry what;
  Signature shape;
  // Workspaces of calls that brought none: one within reach, the others behind a lock.
  mutable std::atomic<Workspace *> spare{nullptr};
  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Workspace>> spares;
};

} // namespace ricci::engine
