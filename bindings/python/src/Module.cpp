// The extension module: engines, modules, functions, errors.
#include "Arguments.h"

#include <cstdlib>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <optional>

namespace ricci::python {

namespace {

class Function {
public:
  explicit Function(any_function made) : function(std::move(made)) {
    for (size_t i = 0; i < function.parameter_count(); ++i) {
      ricci_leaf leaf = RICCI_LEAF_INIT;
      ricci_function_parameter(function.get(), i, &leaf);
      parameters.push_back({leaf.name, leaf.dtype, leaf.rank});
    }
    if (function.result_count() == 1) {
      ricci_leaf leaf = RICCI_LEAF_INIT;
      ricci_function_result(function.get(), 0, &leaf);
      if (leaf.rank == 0)
        scalar = leaf.dtype;
    }
  }

  nb::object call(nb::args objects) const {
    Arguments arguments(parameters);
    for (nb::handle object : objects)
      arguments.add(object.ptr());
    if (scalar)
      return callScalar(arguments);
    std::vector<DLManagedTensorVersioned *> managed(function.result_count());
    ricci_error *error = nullptr;
    ricci_status done;
    {
      nb::gil_scoped_release other;
      done = ricci_function_call(function.get(), arguments.data(), arguments.size(), managed.data(), managed.size(),
                                 nullptr, &error);
    }
    if (done != RICCI_OK)
      throw ricci::error(status(done), error);
    std::vector<ricci::tensor> results;
    for (DLManagedTensorVersioned *one : managed)
      results.emplace_back(one);
    if (results.size() == 1)
      return toPython(std::move(results[0]));
    nb::list all;
    for (ricci::tensor &one : results)
      all.append(toPython(std::move(one)));
    return nb::tuple(all);
  }

  Function derivative(ricci_derivative form, const std::vector<std::string> &names) const {
    std::vector<const char *> pointers;
    for (const std::string &name : names)
      pointers.push_back(name.c_str());
    ricci_function *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done;
    {
      nb::gil_scoped_release other;
      done = ricci_function_derivative(function.get(), form, pointers.data(), pointers.size(), nullptr, &made, &error);
    }
    if (done != RICCI_OK)
      throw ricci::error(status(done), error);
    return Function(any_function(made));
  }

  std::string signature() const { return function.signature(); }
  std::string report() const { return function.report(); }

private:
  // Without an object for the result.
  nb::object callScalar(const Arguments &arguments) const {
    alignas(8) char value[8];
    const DLTensor result{value, {kDLCPU, 0}, 0, *scalar, nullptr, nullptr, 0};
    ricci_error *error = nullptr;
    ricci_status done;
    {
      nb::gil_scoped_release other;
      done = ricci_function_call_into(function.get(), nullptr, arguments.data(), arguments.size(), &result, 1, nullptr,
                                      &error);
    }
    if (done != RICCI_OK)
      throw ricci::error(status(done), error);
    auto as = [&](auto zero) {
      std::memcpy(&zero, value, sizeof zero);
      return zero;
    };
    if (scalar->code == kDLBool)
      return nb::bool_(as(bool()));
    if (scalar->code == kDLInt)
      return nb::int_(scalar->bits == 64 ? as(int64_t()) : as(int32_t()));
    return nb::float_(scalar->bits == 64 ? as(double()) : as(float()));
  }

  any_function function;
  std::vector<Parameter> parameters;
  std::optional<DLDataType> scalar; // the only result's type, if it is one
};

stage stageNamed(const std::string &name) {
  const std::pair<const char *, stage> all[] = {
      {"ricci", stage::ricci}, {"grad", stage::grad},   {"simplified", stage::simplified},
      {"fused", stage::fused}, {"loops", stage::loops}, {"vector", stage::vector},
      {"llvm", stage::llvm},   {"asm", stage::assembly}};
  for (const auto &[known, value] : all)
    if (name == known)
      return value;
  throw nb::value_error(("there is no stage " + name).c_str());
}

// Names as arguments: grad("w", "b").
std::vector<std::string> namesIn(nb::args names) {
  std::vector<std::string> result;
  for (nb::handle name : names)
    result.push_back(nb::cast<std::string>(name));
  return result;
}

template <ricci_derivative form> Function derivative(const Function &function, nb::args names) {
  return function.derivative(form, namesIn(names));
}

ricci::module compile(const ricci::engine &engine, const std::string &text, const std::string &name) {
  nb::gil_scoped_release other;
  return engine.compile(name, text).value();
}

nb::object errorType;

void raise(const std::exception_ptr &pointer, void *) {
  try {
    std::rethrow_exception(pointer);
  } catch (const ricci::error &error) {
    nb::object exception = errorType(error.text());
    exception.attr("status") = static_cast<int>(error.status());
    exception.attr("code") = error.code();
    exception.attr("message") = error.message();
    exception.attr("json") = error.json();
    nb::list spans;
    for (const span &one : error.spans()) {
      nb::dict fields;
      fields["code"] = one.code;
      fields["message"] = one.message;
      fields["file"] = one.file;
      fields["line"] = one.line;
      fields["column"] = one.column;
      fields["end_line"] = one.end_line;
      fields["end_column"] = one.end_column;
      spans.append(fields);
    }
    exception.attr("spans") = spans;
    PyErr_SetObject(errorType.ptr(), exception.ptr());
  }
}

} // namespace

NB_MODULE(_ricci, m) {
  m.attr("__version__") = ricci_version();
  errorType = nb::steal(PyErr_NewExceptionWithDoc(
      "ricci.Error", "What Ricci says is wrong: its text, and status, code, message, spans, json.", nullptr, nullptr));
  m.attr("Error") = errorType;
  nb::register_exception_translator(raise);
  // The type is kept until the module goes.
  m.attr("__cleanup") = nb::capsule(&errorType, [](void *type) noexcept { static_cast<nb::object *>(type)->reset(); });

  nb::class_<Function>(m, "Function", "A compiled function.")
      .def("__call__", &Function::call)
      .def("grad", derivative<RICCI_GRAD>, "The gradient with respect to parameters or fields, by name.")
      .def("value_and_grad", derivative<RICCI_VALUE_GRAD>, "The value and the gradients.")
      .def("jvp", derivative<RICCI_JVP>, "Takes a tangent for each name behind the arguments.")
      .def("vjp", derivative<RICCI_VJP>, "Takes a cotangent of the value behind the arguments.")
      .def("hvp", derivative<RICCI_HVP>, "Takes a direction for each name behind the arguments.")
      .def_prop_ro("signature", &Function::signature)
      .def("report", &Function::report, "What it costs, as JSON.")
      .def("__repr__", [](const Function &function) { return "<ricci " + function.signature() + ">"; });

  nb::class_<ricci::module>(m, "Module", nb::dynamic_attr(), "A checked program; its functions are attributes.")
      .def_prop_ro("functions", &ricci::module::functions)
      .def("__dir__", &ricci::module::functions)
      .def(
          "get",
          [](const ricci::module &module, const std::string &name) {
            nb::gil_scoped_release other;
            return Function(module.get(name).value());
          },
          "A function, or a derivative by its name: loss_grad_w.")
      // Asked once for each name: the function then is an attribute.
      .def("__getattr__",
           [](nb::handle self, const std::string &name) -> nb::object {
             const auto &module = nb::cast<const ricci::module &>(self);
             if (name.rfind("__", 0) == 0)
               throw nb::attribute_error(name.c_str());
             result<any_function> made = [&] {
               nb::gil_scoped_release other;
               return module.get(name);
             }();
             if (!made && made.error().status() == status::invalid_argument && made.error().code().empty())
               throw nb::attribute_error(made.error().message().c_str());
             nb::object function = nb::cast(Function(made.value()));
             nb::setattr(self, name.c_str(), function);
             return function;
           })
      .def(
          "ir",
          [](const ricci::module &module, const std::string &name, const std::string &stage) {
            return module.ir(name, stageNamed(stage)).value();
          },
          nb::arg("name"), nb::arg("stage") = "fused", "A function at a stage of its compilation.");

  nb::class_<ricci::engine>(m, "Engine", "Compiles; options are for all that comes of it.")
      .def(
          "__init__",
          [](ricci::engine *place, int threads, const std::string &cache, int64_t memory) {
            engine_options options;
            options.threads = threads;
            options.cache_directory = cache;
            options.memory_limit = memory;
            options.print = [](std::string_view text) {
              nb::gil_scoped_acquire ours;
              PySys_FormatStdout("%s", std::string(text).c_str());
            };
            new (place) ricci::engine(ricci::engine::create(std::move(options)).value());
          },
          nb::arg("threads") = 0, nb::arg("cache") = "", nb::arg("memory_limit") = 0)
      .def("compile", compile, nb::arg("text"), nb::arg("name") = "<string>")
      .def("compile_file", [](const ricci::engine &engine, const std::string &path) {
        nb::gil_scoped_release other;
        return engine.compile_file(path).value();
      });
}

} // namespace ricci::python
