// Python's objects as the tensors of the C interface, and back.
#pragma once

#include <nanobind/nanobind.h>
#include <ricci/ricci.hpp>

namespace ricci::python {

namespace nb = nanobind;

// What a function takes in one place, as far as converting needs it.
struct Parameter {
  std::string name;
  DLDataType dtype;
  int rank;
};

// The arguments of one call. Buffers are held until it goes.
class Arguments {
public:
  explicit Arguments(const std::vector<Parameter> &parameters);
  ~Arguments();
  Arguments(const Arguments &) = delete;
  Arguments &operator=(const Arguments &) = delete;

  // Adds an object: an array or a scalar, or a dict or tuple of such. Throws a Python exception.
  void add(PyObject *object);

  const DLTensor *data() const { return tensors; }
  size_t size() const { return count; }

private:
  struct Slot {
    Py_buffer buffer;
    PyObject *capsule = nullptr; // of a DLPack tensor
    bool holdsBuffer = false;
    int64_t strides[8];
    double scalar; // and its other types
  };
  static constexpr size_t most = 64;

  void addScalar(PyObject *object, const Parameter &parameter, Slot &slot);
  bool addBuffer(PyObject *object, Slot &slot);
  void addDlpack(PyObject *object, const Parameter &parameter, Slot &slot);

  const std::vector<Parameter> &parameters;
  size_t count = 0;
  Slot slots[most];
  DLTensor tensors[most];
};

// A result as a Python number or a NumPy array that owns it.
nb::object toPython(ricci::tensor &&result);

} // namespace ricci::python
