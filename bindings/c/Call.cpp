// Functions and their calls.
#include "bindings/c/Handles.h"

#include <algorithm>
#include <fmt/format.h>

using namespace ricci;
using namespace ricci::api;

namespace {

engine::Result<void> giveFunction(engine::Result<std::shared_ptr<const engine::Function>> made,
                                  ricci_function **function) {
  if (!made)
    return std::move(made.error());
  const engine::Signature &signature = (*made)->signature();
  auto given = std::make_unique<ricci_function>();
  given->signature = signature.text();
  for (const engine::Leaf &leaf : signature.parameters)
    given->parameterTypes.push_back(leaf.text());
  for (const engine::Leaf &leaf : signature.results)
    given->resultTypes.push_back(leaf.text());
  given->function = std::move(*made);
  *function = given.release();
  return {};
}

CompileOptions stoppedBy(const ricci_stop *stop) {
  CompileOptions options;
  if (stop)
    options.isStopped = [stop] { return ricci_stop_requested(stop) != 0; };
  return options;
}

const std::atomic<int32_t> *flagOf(const ricci_stop *stop) { return stop ? &stop->requested : nullptr; }

ricci_status giveLeaf(const std::vector<engine::Leaf> &leaves, const std::vector<std::string> &types, size_t number,
                      ricci_leaf *leaf) {
  if (number >= leaves.size())
    return RICCI_INVALID_ARGUMENT;
  const engine::Leaf &one = leaves[number];
  ricci_leaf value{sizeof(ricci_leaf),
                   one.name.c_str(),
                   types[number].c_str(),
                   dataType(one.dtype),
                   static_cast<int32_t>(one.sizes.size()),
                   one.sizes.data()};
  return give(leaf, value) ? RICCI_OK : RICCI_INVALID_ARGUMENT;
}

// A result as DLPack hands it around.
struct Managed {
  DLManagedTensorVersioned tensor;
  runtime::Array array;
  std::vector<int64_t> strides;

  static void release(DLManagedTensorVersioned *tensor) { delete static_cast<Managed *>(tensor->manager_ctx); }
};

DLManagedTensorVersioned *manage(runtime::Array array) {
  auto managed = std::make_unique<Managed>();
  managed->array = std::move(array);
  const runtime::Shape &shape = managed->array.shape();
  managed->strides.resize(shape.size());
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
    managed->strides[axis] = stride;
  managed->tensor = {{DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION},
                     managed.get(),
                     Managed::release,
                     0,
                     {managed->array.data(),
                      {kDLCPU, 0},
                      static_cast<int32_t>(shape.size()),
                      dataType(managed->array.dtype()),
                      const_cast<int64_t *>(shape.data()),
                      managed->strides.data(),
                      0}};
  return &managed.release()->tensor;
}

} // namespace

ricci_status ricci_module_function(const ricci_module *module, const char *name, const ricci_stop *stop,
                                   ricci_function **function, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *function = nullptr;
    engine::Result<engine::Entry> entry = module->module->find(name);
    if (!entry)
      return std::move(entry.error());
    return giveFunction(engine::Function::create(module->engine, module->module, *entry, stoppedBy(stop)), function);
  });
}

ricci_status ricci_function_derivative(const ricci_function *function, ricci_derivative form, const char *const *names,
                                       size_t count, const ricci_stop *stop, ricci_function **derivative,
                                       ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *derivative = nullptr;
    constexpr engine::Entry::Form forms[] = {engine::Entry::Grad, engine::Entry::ValueGrad, engine::Entry::Jvp,
                                             engine::Entry::Vjp, engine::Entry::Hvp};
    if (form < RICCI_GRAD || form > RICCI_HVP)
      return engine::error(Status::InvalidArgument, "there is no such derivative");
    return giveFunction(
        function->function->derivative(forms[form], std::vector<std::string>(names, names + count), stoppedBy(stop)),
        derivative);
  });
}

const char *ricci_function_signature(const ricci_function *function) { return function->signature.c_str(); }
size_t ricci_function_parameter_count(const ricci_function *function) { return function->parameterTypes.size(); }
size_t ricci_function_result_count(const ricci_function *function) { return function->resultTypes.size(); }
ricci_status ricci_function_parameter(const ricci_function *function, size_t number, ricci_leaf *leaf) {
  return giveLeaf(function->function->signature().parameters, function->parameterTypes, number, leaf);
}
ricci_status ricci_function_result(const ricci_function *function, size_t number, ricci_leaf *leaf) {
  return giveLeaf(function->function->signature().results, function->resultTypes, number, leaf);
}

ricci_status ricci_function_report(const ricci_function *function, ricci_text **text, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *text = nullptr;
    engine::Result<std::string> report = function->function->report();
    if (!report)
      return std::move(report.error());
    *text = new ricci_text{std::move(*report)};
    return {};
  });
}

ricci_status ricci_function_call(const ricci_function *function, const DLTensor *arguments, size_t argumentCount,
                                 DLManagedTensorVersioned **results, size_t resultCount, const ricci_stop *stop,
                                 ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    std::fill_n(results, resultCount, nullptr);
    if (resultCount != function->resultTypes.size())
      return engine::error(Status::InvalidArgument, fmt::format("`{}` gives {} arrays, not {}", function->signature,
                                                                function->resultTypes.size(), resultCount));
    Tensors tensors;
    if (engine::Result<void> read = tensors.read(arguments, argumentCount, "argument"); !read)
      return read;
    engine::Result<std::vector<runtime::Array>> arrays = function->function->call(tensors.all(), flagOf(stop));
    if (!arrays)
      return std::move(arrays.error());
    try {
      for (size_t i = 0; i < resultCount; ++i)
        results[i] = manage(std::move((*arrays)[i]));
    } catch (...) {
      for (size_t i = 0; i < resultCount && results[i]; ++i) {
        results[i]->deleter(results[i]);
        results[i] = nullptr;
      }
      throw;
    }
    return {};
  });
}

ricci_status ricci_function_call_into(const ricci_function *function, ricci_workspace *workspace,
                                      const DLTensor *arguments, size_t argumentCount, const DLTensor *results,
                                      size_t resultCount, const ricci_stop *stop, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    Tensors in, out;
    if (engine::Result<void> read = in.read(arguments, argumentCount, "argument"); !read)
      return read;
    if (engine::Result<void> read = out.read(results, resultCount, "result"); !read)
      return read;
    Error failure;
    Status status = function->function->callInto(workspace ? workspace->workspace.get() : nullptr, in.all(), out.all(),
                                                 flagOf(stop), error ? &failure : nullptr);
    if (status == Status::Ok)
      return {};
    failure.status = status;
    return failure;
  });
}

void ricci_function_release(ricci_function *function) { delete function; }

ricci_status ricci_workspace_create(const ricci_function *function, const DLTensor *arguments, size_t argumentCount,
                                    ricci_workspace **workspace, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *workspace = nullptr;
    Tensors tensors;
    if (engine::Result<void> read = tensors.read(arguments, argumentCount, "argument"); !read)
      return read;
    auto made = std::make_unique<ricci_workspace>();
    engine::Result<std::unique_ptr<engine::Workspace>> inner = function->function->workspace(tensors.all());
    if (!inner)
      return std::move(inner.error());
    made->workspace = std::move(*inner);
    *workspace = made.release();
    return {};
  });
}

void ricci_workspace_release(ricci_workspace *workspace) { delete workspace; }
