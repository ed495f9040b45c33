// Ricci for C++17: engine, module, function over the C interface of ricci.h. What can fail gives a `result`, or throws
// `ricci::error` where a value is called for; what is noexcept gives a status and allocates nothing.
//
//   ricci::engine eng;
//   auto mod = eng.compile_file("logreg.ricci").value();
//   auto loss = mod.get<double(view<double, 1>, view<double, 2>, view<double, 1>)>("loss").value();
//   double value = loss(w, X, y);
//   auto slope = loss.value_and_grad({"w"}).value();
//
// Arrays are windows on the host's memory (`view`), of any strides; nothing is copied that has no gaps.
#ifndef RICCI_RICCI_HPP
#define RICCI_RICCI_HPP

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "function.hpp"

namespace ricci {

enum class stage {
  ricci = RICCI_STAGE_RICCI,
  grad = RICCI_STAGE_GRAD,
  simplified = RICCI_STAGE_SIMPLIFIED,
  fused = RICCI_STAGE_FUSED,
  loops = RICCI_STAGE_LOOPS,
  vector = RICCI_STAGE_VECTOR,
  llvm = RICCI_STAGE_LLVM,
  assembly = RICCI_STAGE_ASM,
};

// A program that has been checked. Immutable; copies are the same module.
class module {
public:
  explicit module(ricci_module *handle, std::shared_ptr<const void> keep = nullptr)
      : keep(std::move(keep)), handle(detail::shared(handle)) {}

  std::vector<std::string> functions() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < ricci_module_function_count(handle.get()); ++i)
      names.emplace_back(ricci_module_function_name(handle.get(), i));
    return names;
  }

  // Compiles the function, or a derivative by its name: f_grad_w, f_value_grad_w_b, f_jvp_w, f_vjp_w, f_hvp_w.
  result<any_function> get(const std::string &name, const stop_token *stop = nullptr) const {
    ricci_function *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_function(handle.get(), name.c_str(), stop ? stop->get() : nullptr, &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return any_function(made, keep);
  }
  template <typename Signature>
  result<function<Signature>> get(const std::string &name, const stop_token *stop = nullptr) const {
    result<any_function> made = get(name, stop);
    return made ? function<Signature>::check(std::move(*made)) : made.error();
  }

  // A function at a stage of its compilation.
  result<std::string> ir(const std::string &name, ricci::stage stage) const {
    ricci_text *text = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_ir(handle.get(), name.c_str(), static_cast<ricci_stage>(stage), &text, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return detail::text_of(text);
  }

  // Functions and derivatives by their names to STEM.o, STEM.h and libSTEM.so in the folder, which need no Ricci.
  // `machine`: "aarch64-linux-gnu", "x86_64-linux-gnu/x86-64-v3", "x86-64-v2"; empty: this one. `serial`: no OpenMP
  // runtime either.
  result<void> export_aot(const std::string &folder, std::initializer_list<const char *> names,
                          const std::string &machine = "", bool serial = false) const {
    ricci_export_options options = RICCI_EXPORT_OPTIONS_INIT;
    options.machine = machine.empty() ? nullptr : machine.c_str();
    options.serial = serial;
    ricci_error *error = nullptr;
    ricci_status done =
        ricci_module_export(handle.get(), folder.c_str(), names.begin(), names.size(), &options, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return {};
  }

private:
  std::shared_ptr<const void> keep;
  std::shared_ptr<ricci_module> handle;
};

struct engine_options {
  int threads = 0;               // of a call; 0: as many as the process may use
  std::int64_t memory_limit = 0; // of a call, in bytes; 0: none
  std::string cache_directory;   // for compiled code; empty: none
  std::int64_t cache_bytes = 0;  // at most; 0: 256 MiB
  std::string library_directory; // holds std/; empty: where Ricci is installed
  std::string compiler;          // a command to compile in, such as "ricci compile-worker"; empty: this process
  ricci_allocator allocator{};   // without functions: the process'
  ricci_executor executor{};     // without a function: our own threads
  std::function<void(std::string_view)> print; // of what functions print; must not throw
  bool colour = false;                         // of texts for people
};

// Compiles. Safe to use from any number of threads; copies are the same engine.
class engine {
public:
  engine() : engine(engine_options()) {}
  // Throws ricci::error.
  explicit engine(engine_options options) : engine(create(std::move(options)).value()) {}

  static result<engine> create(engine_options options = {}) {
    auto text = [](const std::string &from) { return from.empty() ? nullptr : from.c_str(); };
    auto kept = std::make_shared<engine_options>(std::move(options));
    ricci_engine_options given = RICCI_ENGINE_OPTIONS_INIT;
    given.threads = kept->threads;
    given.memory_limit = kept->memory_limit;
    given.cache_directory = text(kept->cache_directory);
    given.cache_bytes = kept->cache_bytes;
    given.library_directory = text(kept->library_directory);
    given.compiler = text(kept->compiler);
    given.allocator = kept->allocator.allocate ? &kept->allocator : nullptr;
    given.executor = kept->executor.run ? &kept->executor : nullptr;
    given.colour = kept->colour;
    if (kept->print) {
      given.print = [](void *user, const char *from, size_t size) {
        static_cast<engine_options *>(user)->print(std::string_view(from, size));
      };
      given.print_user = kept.get();
    }
    ricci_engine *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_engine_create(&given, &made, &error);
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return engine(std::move(kept), made);
  }

  result<module> compile(const std::string &name, std::string_view text) const {
    ricci_module *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_compile(handle.get(), name.c_str(), text.data(), text.size(), &made, &error);
    return finish(done, made, error);
  }
  result<module> compile_file(const std::string &path) const {
    ricci_module *made = nullptr;
    ricci_error *error = nullptr;
    ricci_status done = ricci_module_compile_file(handle.get(), path.c_str(), &made, &error);
    return finish(done, made, error);
  }

private:
  engine(std::shared_ptr<engine_options> options, ricci_engine *made)
      : options(std::move(options)), handle(detail::shared(made)) {}

  result<module> finish(ricci_status done, ricci_module *made, ricci_error *error) const {
    if (done != RICCI_OK)
      return ricci::error(status(done), error);
    return module(made, options);
  }

  std::shared_ptr<engine_options> options; // what functions print goes there, so they keep it
  std::shared_ptr<ricci_engine> handle;
};

} // namespace ricci

#endif // RICCI_RICCI_HPP
