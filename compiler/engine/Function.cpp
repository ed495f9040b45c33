#include "compiler/engine/Function.h"

#include "compiler/engine/Stack.h"

#include <algorithm>
#include <fmt/format.h>
#include <new>

namespace ricci::engine {

namespace {

constexpr uintptr_t lineBytes = 64; // what compiled code expects of memory that it asks for

// Frees what a call leaves, however it ends.
class Leftovers {
public:
  explicit Leftovers(runtime::MemoryPool &pool) : pool(pool) {}
  ~Leftovers() { pool.releaseUnowned(); }
  Leftovers(const Leftovers &) = delete;
  Leftovers &operator=(const Leftovers &) = delete;

private:
  runtime::MemoryPool &pool;
};

} // namespace

Workspace::Workspace(const Signature &signature, runtime::ContextOptions options)
    : context(std::move(options)), inputs(signature.parameters.size()), outputs(signature.results.size()),
      places(signature.results.size()) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].rank = static_cast<int32_t>(signature.parameters[i].sizes.size());
    inputs[i].dtype = static_cast<int32_t>(signature.parameters[i].dtype);
  }
}

Result<std::shared_ptr<const Function>> Function::create(std::shared_ptr<const Engine> engine,
                                                         std::shared_ptr<const Module> module, const Entry &entry,
                                                         const CompileOptions &options) {
  Result<Signature> signature = onLargeStack([&]() -> Result<Signature> {
    lang::CheckedProgram owner;
    Result<const lang::CheckedFn *> checked = module->resolve(entry, owner);
    if (!checked)
      return std::move(checked.error());
    return module->signature(entry, *checked);
  });
  if (!signature)
    return std::move(signature.error());
  std::shared_ptr<Function> function(new Function);
  function->shape = std::move(*signature);
  Result<std::shared_ptr<const Code>> code = engine->code(*module, entry, options);
  if (!code)
    return std::move(code.error());
  function->code = std::move(*code);
  if (function->code->object.inputs != function->shape.parameters.size() ||
      function->code->object.outputs != function->shape.results.size())
    return error(Status::Fault, fmt::format("compiled code takes {} arrays and gives {}, the function {} and {}",
                                            function->code->object.inputs, function->code->object.outputs,
                                            function->shape.parameters.size(), function->shape.results.size()));
  function->engine = std::move(engine);
  function->source = std::move(module);
  function->what = entry;
  return std::shared_ptr<const Function>(std::move(function));
}

Function::~Function() { delete spare.load(); }

std::unique_ptr<Workspace> Function::take() const {
  if (Workspace *near = spare.exchange(nullptr, std::memory_order_acquire))
    return std::unique_ptr<Workspace>(near);
  {
    std::lock_guard lock(mutex);
    if (!spares.empty()) {
      std::unique_ptr<Workspace> last = std::move(spares.back());
      spares.pop_back();
      return last;
    }
  }
  return std::unique_ptr<Workspace>(new Workspace(shape, engine->contextOptions()));
}

void Function::giveBack(std::unique_ptr<Workspace> workspace) const noexcept {
  Workspace *none = nullptr;
  if (spare.compare_exchange_strong(none, workspace.get(), std::memory_order_release, std::memory_order_relaxed)) {
    (void)workspace.release();
    return;
  }
  try {
    std::lock_guard lock(mutex);
    spares.push_back(std::move(workspace));
  } catch (const std::exception &) {
    // Then it goes.
  }
}

// ---------------------------------------------------------------- arguments

static std::string shapeText(const Tensor &tensor) {
  return runtime::describe(tensor.dtype, std::span(tensor.sizes, static_cast<size_t>(tensor.rank)));
}

static bool fits(const Leaf &leaf, const Tensor &tensor) {
  if (tensor.dtype != leaf.dtype || tensor.rank != static_cast<int32_t>(leaf.sizes.size()))
    return false;
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    if (tensor.sizes[axis] < 0 || (leaf.sizes[axis] >= 0 && tensor.sizes[axis] != leaf.sizes[axis]))
      return false;
  return true;
}

// Fills in the descriptors; what is no plain array is copied into the workspace.
bool Function::bind(Workspace &workspace, std::span<const Tensor> arguments) const {
  if (arguments.size() != shape.parameters.size()) {
    workspace.failure = error(Status::InvalidArgument, fmt::format("`{}` takes {} arrays, not {}", shape.name,
                                                                   shape.parameters.size(), arguments.size()));
    return false;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Tensor &tensor = arguments[i];
    const Leaf &leaf = shape.parameters[i];
    if (!fits(leaf, tensor)) {
      workspace.failure = error(Status::InvalidArgument, fmt::format("`{}` of `{}` is {}, not {}", leaf.name,
                                                                     shape.name, leaf.text(), shapeText(tensor)));
      return false;
    }
    ricci_array &descriptor = workspace.inputs[i];
    descriptor.data = tensor.data;
    for (int32_t axis = 0; axis < tensor.rank; ++axis)
      descriptor.sizes[axis] = tensor.sizes[axis];
    if (!tensor.data && elementsOf(tensor) > 0) {
      workspace.failure =
          error(Status::InvalidArgument, fmt::format("`{}` of `{}` has no memory", leaf.name, shape.name));
      return false;
    }
    if (isPlain(tensor))
      continue;
    const int64_t bytes = elementsOf(tensor) * runtime::byteSize(tensor.dtype);
    descriptor.data = workspace.context.memory().allocate(bytes);
    if (!descriptor.data) {
      workspace.failure =
          error(Status::OutOfMemory, fmt::format("out of memory: {} bytes for a copy of `{}`", bytes, leaf.name),
                runtime::outOfMemoryCode);
      return false;
    }
    gather(tensor, descriptor.data);
  }
  return true;
}

bool Function::run(Workspace &workspace, std::span<const Tensor> arguments, const runtime::RunOptions &options) const {
  if (!bind(workspace, arguments))
    return false;
  if (workspace.context.run(code->executable->entry(), workspace.inputs.data(), workspace.outputs.data(), options))
    return true;
  workspace.failure = error(source->sources(), workspace.context.error(), source->colour());
  return false;
}

// ---------------------------------------------------------------- results

// Where code may compute a result in place: aligned, without gaps, apart from what is read and from other results.
void Function::place(Workspace &workspace, std::span<const Tensor> arguments, std::span<const Tensor> results) const {
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor &result = results[i];
    workspace.places[i] = {};
    const bool isScalar = result.rank == 0;
    if (!result.data || !isPlain(result) || (!isScalar && reinterpret_cast<uintptr_t>(result.data) % lineBytes != 0))
      continue;
    Extent extent = extentOf(result);
    bool apart = true;
    for (const Tensor &argument : arguments)
      apart &= !extent.overlaps(extentOf(argument));
    for (size_t other = 0; other < results.size(); ++other)
      apart &= other == i || !extent.overlaps(extentOf(results[other]));
    if (apart)
      workspace.places[i] = {result.data, static_cast<int64_t>(extent.end - extent.first)};
  }
}

bool Function::deliver(Workspace &workspace, std::span<const Tensor> arguments, std::span<const Tensor> results) const {
  // An argument that is given back as it is must be read before another result is written over it.
  for (ricci_array &computed : workspace.outputs)
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Extent extent = extentOf(arguments[i]);
      auto overlaps = [&](const Tensor &result) { return extent.overlaps(extentOf(result)); };
      if (computed.data != arguments[i].data || !computed.data || std::ranges::none_of(results, overlaps))
        continue;
      const Tensor whole{computed.data, static_cast<runtime::DType>(computed.dtype), computed.rank, computed.sizes,
                         nullptr};
      const int64_t bytes = elementsOf(whole) * runtime::byteSize(whole.dtype);
      void *copy = workspace.context.memory().allocate(bytes);
      if (!copy) {
        workspace.failure = error(Status::OutOfMemory, "out of memory", runtime::outOfMemoryCode);
        return false;
      }
      gather(whole, copy);
      computed.data = copy;
    }
  for (size_t i = 0; i < results.size(); ++i) {
    const Tensor &result = results[i];
    const ricci_array &computed = workspace.outputs[i];
    for (int32_t axis = 0; axis < result.rank; ++axis)
      if (result.sizes[axis] != computed.sizes[axis]) {
        std::string is =
            runtime::describe(shape.results[i].dtype, std::span(computed.sizes, static_cast<size_t>(computed.rank)));
        workspace.failure = error(Status::InvalidArgument, fmt::format("result {} of `{}` is {}, its memory {}", i,
                                                                       shape.name, is, shapeText(result)));
        return false;
      }
    if (computed.data != result.data)
      scatter(computed.data, result);
  }
  return true;
}

Result<std::vector<runtime::Array>> Function::call(std::span<const Tensor> arguments,
                                                   const std::atomic<int32_t> *stop) const {
  std::unique_ptr<Workspace> workspace = take();
  runtime::MemoryPool &pool = workspace->context.memory();
  std::optional<Leftovers> leftovers(pool);
  bool succeeded = run(*workspace, arguments, {.stop = stop});
  std::vector<runtime::Array> results;
  if (succeeded) {
    results.reserve(workspace->outputs.size());
    for (const ricci_array &output : workspace->outputs) {
      runtime::ArrayType type{static_cast<runtime::DType>(output.dtype),
                              runtime::Shape(output.sizes, output.sizes + output.rank)};
      if (pool.own(output.data)) {
        results.push_back(runtime::Array::adopt(std::move(type), output.data, workspace->context.sharedMemory()));
        continue;
      }
      // An argument passed through, a constant, one buffer twice.
      auto copy = runtime::Array::copyOf(runtime::Array::borrow(std::move(type), output.data).view(),
                                         workspace->context.sharedMemory());
      if (!copy) {
        workspace->failure = error(Status::OutOfMemory, copy.error().message, runtime::outOfMemoryCode);
        succeeded = false;
        break;
      }
      results.push_back(std::move(*copy));
    }
  }
  leftovers.reset();
  Error failure;
  if (!succeeded)
    failure = std::move(workspace->failure);
  giveBack(std::move(workspace));
  if (!succeeded)
    return failure;
  return results;
}

Result<std::unique_ptr<Workspace>> Function::workspace(std::span<const Tensor> arguments) const {
  std::unique_ptr<Workspace> workspace(new Workspace(shape, engine->contextOptions()));
  std::optional<Leftovers> leftovers(workspace->context.memory());
  bool succeeded = run(*workspace, arguments, {.withoutEffects = true});
  leftovers.reset();
  if (!succeeded)
    return std::move(workspace->failure);
  workspace->context.memory().seal(true);
  return workspace;
}

Status Function::callInto(Workspace *given, std::span<const Tensor> arguments, std::span<const Tensor> results,
                          const std::atomic<int32_t> *stop, Error *failure) const noexcept {
  try {
    std::unique_ptr<Workspace> taken;
    if (!given)
      taken = take();
    Workspace &workspace = given ? *given : *taken;
    bool succeeded = results.size() == shape.results.size();
    for (size_t i = 0; succeeded && i < results.size(); ++i)
      succeeded = fits(shape.results[i], results[i]);
    if (!succeeded) {
      workspace.failure =
          error(Status::InvalidArgument, fmt::format("the memory for results does not fit `{}`", shape.text()));
    } else {
      Leftovers leftovers(workspace.context.memory());
      place(workspace, arguments, results);
      succeeded = run(workspace, arguments, {.stop = stop, .places = workspace.places.data()}) &&
                  deliver(workspace, arguments, results);
    }
    Status status = succeeded ? Status::Ok : workspace.failure.status;
    if (!succeeded && failure)
      given ? *failure = workspace.failure : *failure = std::move(workspace.failure);
    if (taken)
      giveBack(std::move(taken));
    return status;
  } catch (const std::bad_alloc &) {
    return Status::OutOfMemory;
  } catch (const std::exception &) {
    return Status::Fault;
  }
}

Result<std::shared_ptr<const Function>> Function::derivative(Entry::Form form, std::vector<std::string> variables,
                                                             const CompileOptions &options) const {
  if (what.form != Entry::Value || what.function.empty())
    return error(Status::InvalidArgument,
                 fmt::format("`{}` is no function of the module's; write a derivative of a derivative "
                             "as a function of its own",
                             shape.name));
  return create(engine, source, {what.function, form, std::move(variables)}, options);
}

} // namespace ricci::engine
