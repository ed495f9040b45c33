#include "Arguments.h"

#include <cstring>
#include <nanobind/ndarray.h>

namespace ricci::python {

namespace {

constexpr DLDataType noType{0, 0, 0};

// Of the buffer protocol's formats those that Ricci has: native order, one element.
DLDataType typeOf(const char *format, Py_ssize_t bytes) {
  if (!format)
    return noType;
  if (*format == '@' || *format == '=' || *format == '<')
    ++format;
  const auto bits = static_cast<uint8_t>(bytes * 8);
  switch (*format) {
  case 'd':
  case 'f':
    return {kDLFloat, bits, 1};
  case 'l':
  case 'q':
  case 'i':
    return {kDLInt, bits, 1};
  case '?':
    return {kDLBool, 8, 1};
  default:
    return noType;
  }
}

} // namespace

Arguments::Arguments(const std::vector<Parameter> &parameters) : parameters(parameters) {}

Arguments::~Arguments() {
  for (size_t i = 0; i < count; ++i) {
    if (slots[i].holdsBuffer)
      PyBuffer_Release(&slots[i].buffer);
    Py_XDECREF(slots[i].capsule);
  }
}

void Arguments::add(PyObject *object) {
  if (PyDict_Check(object)) {
    // In the order of the fields: their names stand behind the parameter's point.
    for (Py_ssize_t left = PyDict_Size(object); left > 0; --left) {
      if (count >= parameters.size())
        break;
      const std::string &name = parameters[count].name;
      // The first part that the dict has: p.a.b is asked for as a in p's dict.
      PyObject *field = nullptr;
      for (size_t from = name.find('.'); !field && from != std::string::npos; from = name.find('.', from + 1)) {
        size_t end = name.find('.', from + 1);
        field = PyDict_GetItemString(object,
                                     name.substr(from + 1, end == std::string::npos ? end : end - from - 1).c_str());
      }
      if (!field)
        throw nb::key_error(name.c_str());
      add(field);
    }
    return;
  }
  if (PyTuple_Check(object)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); ++i)
      add(PyTuple_GET_ITEM(object, i));
    return;
  }
  if (count >= parameters.size() || count >= most)
    throw nb::type_error("too many arguments");
  const Parameter &parameter = parameters[count];
  Slot &slot = slots[count];
  slot.capsule = nullptr;
  slot.holdsBuffer = false;
  if (PyFloat_Check(object) || PyLong_Check(object)) // bool is an int
    addScalar(object, parameter, slot);
  else if (!PyObject_CheckBuffer(object) || !addBuffer(object, slot))
    addDlpack(object, parameter, slot);
  ++count;
}

// A Python number becomes what the parameter is.
void Arguments::addScalar(PyObject *object, const Parameter &parameter, Slot &slot) {
  if (parameter.rank != 0)
    throw nb::type_error((parameter.name + " is an array").c_str());
  void *to = &slot.scalar;
  if (parameter.dtype.code == kDLFloat) {
    double value = PyFloat_AsDouble(object);
    if (value == -1.0 && PyErr_Occurred())
      throw nb::python_error();
    if (parameter.dtype.bits == 64) {
      std::memcpy(to, &value, sizeof value);
    } else {
      auto single = static_cast<float>(value);
      std::memcpy(to, &single, sizeof single);
    }
  } else {
    long long value = PyLong_AsLongLong(object);
    if (value == -1 && PyErr_Occurred())
      throw nb::python_error();
    if (parameter.dtype.bits == 32 && (value < INT32_MIN || value > INT32_MAX))
      throw nb::value_error((parameter.name + " does not fit i32").c_str());
    if (parameter.dtype.code == kDLBool)
      value = value != 0;
    std::memcpy(to, &value, parameter.dtype.bits / 8); // little endian
  }
  tensors[count] = {to, {kDLCPU, 0}, 0, parameter.dtype, nullptr, nullptr, 0};
}

// False where the buffer is none of ours, and DLPack may tell more.
bool Arguments::addBuffer(PyObject *object, Slot &slot) {
  if (PyObject_GetBuffer(object, &slot.buffer, PyBUF_STRIDES | PyBUF_FORMAT) != 0) {
    PyErr_Clear();
    return false;
  }
  const Py_buffer &buffer = slot.buffer;
  const DLDataType type = typeOf(buffer.format, buffer.itemsize);
  bool isOurs = type.bits != 0 && buffer.ndim <= 8;
  for (int axis = 0; isOurs && axis < buffer.ndim; ++axis) {
    isOurs = buffer.strides[axis] % buffer.itemsize == 0;
    slot.strides[axis] = buffer.strides[axis] / buffer.itemsize;
  }
  if (!isOurs) {
    PyBuffer_Release(&slot.buffer);
    return false;
  }
  slot.holdsBuffer = true;
  static_assert(sizeof(Py_ssize_t) == sizeof(int64_t));
  tensors[count] = {buffer.buf, {kDLCPU, 0}, buffer.ndim, type, reinterpret_cast<int64_t *>(buffer.shape), slot.strides,
                    0};
  return true;
}

void Arguments::addDlpack(PyObject *object, const Parameter &parameter, Slot &slot) {
  PyObject *capsule = PyObject_CallMethod(object, "__dlpack__", nullptr);
  if (!capsule) {
    PyErr_Clear();
    throw nb::type_error((parameter.name + " is no array of bool, i32, i64, f32 or f64").c_str());
  }
  // The consumer of a tensor renames its capsule and deletes the tensor; we only look, and the capsule deletes it.
  struct Unversioned {
    DLTensor tensor;
  };
  if (PyCapsule_IsValid(capsule, "dltensor"))
    tensors[count] = static_cast<Unversioned *>(PyCapsule_GetPointer(capsule, "dltensor"))->tensor;
  else if (PyCapsule_IsValid(capsule, "dltensor_versioned"))
    tensors[count] =
        static_cast<DLManagedTensorVersioned *>(PyCapsule_GetPointer(capsule, "dltensor_versioned"))->dl_tensor;
  else {
    Py_DECREF(capsule);
    throw nb::type_error((parameter.name + " gives no DLPack tensor").c_str());
  }
  slot.capsule = capsule;
}

nb::object toPython(ricci::tensor &&result) {
  const DLTensor &tensor = result.dlpack();
  if (tensor.ndim == 0) {
    switch (tensor.dtype.code) {
    case kDLBool:
      return nb::bool_(*static_cast<const bool *>(tensor.data));
    case kDLInt:
      return nb::int_(tensor.dtype.bits == 64 ? *static_cast<const int64_t *>(tensor.data)
                                              : *static_cast<const int32_t *>(tensor.data));
    default:
      return nb::float_(tensor.dtype.bits == 64 ? *static_cast<const double *>(tensor.data)
                                                : *static_cast<const float *>(tensor.data));
    }
  }
  size_t shape[8];
  if (tensor.ndim > 8)
    throw nb::value_error("a result with more than 8 axes");
  for (int axis = 0; axis < tensor.ndim; ++axis)
    shape[axis] = static_cast<size_t>(tensor.shape[axis]);
  nb::dlpack::dtype type{tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes};
  void *data = tensor.data;
  const auto rank = static_cast<size_t>(tensor.ndim);
  nb::capsule owner(result.release(), [](void *managed) noexcept {
    auto *tensor = static_cast<DLManagedTensorVersioned *>(managed);
    tensor->deleter(tensor);
  });
  return nb::ndarray<nb::numpy>(data, rank, shape, owner, nullptr, type).cast();
}

} // namespace ricci::python
