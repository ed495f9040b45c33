#include "compiler/engine/Worker.h"

#include "compiler/engine/Bytes.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace ricci::engine {

namespace {

// Of the request, and of what the code expects of the runtime.
constexpr const char *version = "ricci compile request 1, runtime " RICCI_RUNTIME_ABI;

// How often the host is asked whether it still wants the answer.
constexpr int pollMilliseconds = 5;

// ---------------------------------------------------------------- requests

void put(ByteWriter &out, const std::optional<std::string> &text) {
  out.number(text.has_value()).text(text.value_or(""));
}

std::optional<std::string> optionalText(ByteReader &in) {
  bool there = in.number() != 0;
  std::string text = in.text();
  return there ? std::optional(std::move(text)) : std::nullopt;
}

void put(ByteWriter &out, const lang::InputHeader &header) {
  out.number(static_cast<int64_t>(header.element)).number(static_cast<int64_t>(header.shape.size()));
  for (int64_t size : header.shape)
    out.number(size);
  out.number(header.integer.has_value()).number(header.integer.value_or(0)).number(header.literal).number(header.table);
}

lang::InputHeader header(ByteReader &in) {
  lang::InputHeader result;
  result.element = static_cast<lang::Scalar>(in.number());
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left)
    result.shape.push_back(in.number());
  bool isKnown = in.number() != 0;
  int64_t value = in.number();
  if (isKnown)
    result.integer = value;
  result.literal = in.number() != 0;
  result.table = in.number() != 0;
  return result;
}

std::string requestFor(const Module &module, const Entry &entry, const CompileOptions &options) {
  const ModuleRequest asked = module.request();
  ByteWriter out;
  out.text(version).text(asked.name);
  put(out, asked.text);
  put(out, asked.expression);
  put(out, asked.example);
  out.number(static_cast<int64_t>(asked.texts.size()));
  for (const auto &[name, text] : asked.texts)
    out.text(name).text(text);
  out.number(static_cast<int64_t>(asked.given.size()));
  for (const auto &[name, given] : asked.given) {
    out.text(name);
    put(out, given);
  }
  out.number(static_cast<int64_t>(module.loadedHeaders().size()));
  for (const Module::LoadedHeader &loaded : module.loadedHeaders()) {
    out.text(loaded.path).text(loaded.key);
    put(out, loaded.header);
  }
  out.text(entry.function).number(entry.form).number(static_cast<int64_t>(entry.variables.size()));
  for (const std::string &variable : entry.variables)
    out.text(variable);
  out.number(options.vectorBytes).number(options.chunkWork).number(options.checkNan).number(options.widen);
  out.text(options.machine.triple).text(options.machine.cpu).text(options.machine.features);
  out.number(static_cast<int64_t>(module.libraries().size()));
  for (const std::string &folder : module.libraries())
    out.text(folder);
  return out.take();
}

std::string answerOf(const Error &failure) {
  ByteWriter out;
  out.number(static_cast<int64_t>(failure.status)).text(failure.code).text(failure.message).text(failure.text);
  out.number(static_cast<int64_t>(failure.diagnostics.size()));
  for (const lang::FlatDiagnostic &one : failure.diagnostics)
    out.text(one.code)
        .text(one.message)
        .text(one.file)
        .number(one.line)
        .number(one.column)
        .number(one.endLine)
        .number(one.endColumn)
        .text(one.help);
  return out.take();
}

std::optional<Result<ObjectCode>> readAnswer(std::string_view bytes) {
  ByteReader in(bytes);
  Error failure;
  failure.status = static_cast<Status>(in.number());
  if (failure.status == Status::Ok) {
    std::string code = in.text();
    std::optional<ObjectCode> object = in.isDone() ? deserialise(code) : std::nullopt;
    return object ? std::optional<Result<ObjectCode>>(std::move(*object)) : std::nullopt;
  }
  failure.code = in.text();
  failure.message = in.text();
  failure.text = in.text();
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left) {
    lang::FlatDiagnostic one;
    one.code = in.text();
    one.message = in.text();
    one.file = in.text();
    one.line = static_cast<uint32_t>(in.number());
    one.column = static_cast<uint32_t>(in.number());
    one.endLine = static_cast<uint32_t>(in.number());
    one.endColumn = static_cast<uint32_t>(in.number());
    one.help = in.text();
    failure.diagnostics.push_back(std::move(one));
  }
  return in.isDone() ? std::optional<Result<ObjectCode>>(std::move(failure)) : std::nullopt;
}

// ---------------------------------------------------------------- the process

class Child {
public:
  explicit Child(const std::string &commandLine) {
    std::istringstream words(commandLine);
    std::vector<std::string> arguments;
    for (std::string word; words >> word;)
      arguments.push_back(word);
    std::vector<char *> pointers;
    for (std::string &argument : arguments)
      pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    int ends[2];
    if (arguments.empty() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // Not the host's ways with signals.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (posix_spawnp(&process, pointers.front(), &actions, &attributes, pointers.data(), environ) != 0)
      process = -1;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    connection = ends[0];
  }
  ~Child() {
    if (connection >= 0)
      ::close(connection);
    if (process > 0) {
      ::kill(process, SIGKILL);
      wait();
    }
  }
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  bool isRunning() const { return process > 0; }

  // Sends the request and reads the answer to its end; none if `isStopped` said so.
  std::optional<std::string> exchange(std::string_view request, const std::function<bool()> &isStopped) {
    std::string answer;
    bool isSending = true;
    for (;;) {
      if (isStopped && isStopped())
        return std::nullopt;
      pollfd ready{connection, static_cast<short>(POLLIN | (isSending ? POLLOUT : 0)), 0};
      if (::poll(&ready, 1, isStopped ? pollMilliseconds : -1) < 0 && errno != EINTR)
        return answer;
      if (isSending && (ready.revents & POLLOUT)) {
        ssize_t sent = ::send(connection, request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0)
          request.remove_prefix(static_cast<size_t>(sent));
        if (request.empty() || (sent < 0 && errno != EAGAIN && errno != EINTR)) {
          isSending = false;
          ::shutdown(connection, SHUT_WR);
        }
      }
      if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
        char buffer[1 << 16];
        ssize_t got = ::recv(connection, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got > 0)
          answer.append(buffer, static_cast<size_t>(got));
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
          return answer;
      }
    }
  }

  // How it ended, in words.
  std::string wait() {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0)
      if (errno != EINTR)
        return "it is gone"; // the host ignores its children
    process = -1;
    return WIFSIGNALED(status) ? fmt::format("signal {} ended it", WTERMSIG(status))
                               : fmt::format("it ended with status {}", WEXITSTATUS(status));
  }

private:
  pid_t process = -1;
  int connection = -1;
};

} // namespace

Result<ObjectCode> compileElsewhere(const std::string &program, const Module &module, const Entry &entry,
                                    const CompileOptions &options) {
  Child child(program);
  if (!child.isRunning())
    return error(Status::Io, fmt::format("cannot start the compiler `{}`", program));
  std::optional<std::string> answer = child.exchange(requestFor(module, entry, options), options.isStopped);
  if (!answer)
    return error(Status::Stopped, "stopped", runtime::stoppedCode);
  std::string end = child.wait();
  if (std::optional<Result<ObjectCode>> result = readAnswer(*answer))
    return std::move(*result);
  return error(Status::Fault, fmt::format("the compiler process gave no answer: {}", end));
}

std::string answerCompileRequest(std::string_view request) {
  ByteReader in(request);
  ModuleRequest asked;
  if (in.text() != version)
    return answerOf(error(Status::Fault, "the compiler process is of another version"));
  asked.name = in.text();
  asked.text = optionalText(in);
  asked.expression = optionalText(in);
  asked.example = optionalText(in);
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left) {
    std::string name = in.text();
    asked.texts[name] = in.text();
  }
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left) {
    std::string name = in.text();
    asked.given.emplace_back(name, header(in));
  }
  std::vector<Module::LoadedHeader> loaded;
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left) {
    std::string path = in.text(), key = in.text();
    loaded.push_back({path, key, header(in)});
  }
  Entry entry;
  entry.function = in.text();
  entry.form = static_cast<Entry::Form>(in.number());
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left)
    entry.variables.push_back(in.text());
  CompileOptions options;
  options.vectorBytes = static_cast<unsigned>(in.number());
  options.chunkWork = in.number();
  options.checkNan = in.number() != 0;
  options.widen = in.number() != 0;
  options.machine.triple = in.text();
  options.machine.cpu = in.text();
  options.machine.features = in.text();
  EngineOptions engineOptions;
  for (int64_t left = in.number(); left > 0 && in.isGood(); --left)
    engineOptions.libraries.push_back(in.text());
  if (!in.isDone())
    return answerOf(error(Status::Fault, "a compile request that is none"));
  if (!loaded.empty())
    asked.loadHeader = [&](const std::string &path, const std::string &key) -> std::optional<lang::InputHeader> {
      for (const Module::LoadedHeader &one : loaded)
        if (one.path == path && one.key == key)
          return one.header;
      return std::nullopt;
    };
  Engine engine(std::move(engineOptions));
  Result<std::shared_ptr<const Module>> module = engine.load(std::move(asked));
  if (!module)
    return answerOf(module.error());
  Result<ObjectCode> code = engine.object(**module, entry, options);
  return code ? ByteWriter().number(0).text(serialise(*code)).take() : answerOf(code.error());
}

} // namespace ricci::engine
