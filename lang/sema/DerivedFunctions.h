// Functions made of checked ones: derivatives and rules as functions of their own, without a way through text. The
// program owns the new nodes; they share those of the function that they are made of.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/sema/Checked.h"

#include <span>
#include <string>
#include <vector>

namespace ricci::lang {

// A function as derivatives see it: from real numbers to real numbers.
struct Differentiable {
  const CheckedFn *function = nullptr;
  // The largest real parts of its parameters: those that its value depends on.
  std::vector<DiffVariable> variables;
  // The real parts of its value: the value itself, one part of it, or a tuple of them. Null if there are none, or no
  // parameter has any.
  const Expr *value = nullptr;
  // Why another real part of a parameter is none of the variables though the value depends on it.
  std::string obstacle;
};

Differentiable differentiable(CheckedProgram &, const CheckedFn &, const SourceManager &);

Type typeOf(const DiffVariable &);
// Whether `stop_grad` stands in its body or in what it calls: the derivative is then not that of its values.
bool stopsGradients(const CheckedFn &);

// f's parameters -> the real parts of its value.
const CheckedFn *realPart(CheckedProgram &, const Differentiable &);
// f's parameters, then a tangent for each variable -> the tangent of the real parts of the value. By f's body: of its
// own rules nothing is used.
const CheckedFn *pushforward(CheckedProgram &, const Differentiable &);
// f's parameters, then a cotangent of the real parts of the value -> the variables' cotangents, a tuple if there are
// several.
const CheckedFn *pullback(CheckedProgram &, const Differentiable &);

// A derivative with respect to what is named: parameters, or fields of them (`p.w1`). f's parameters, then
//   grad        nothing                         -> the gradient of the value, a scalar; a tuple if there are several names
//   value_grad  nothing                         -> (value, gradient)
//   jvp         a tangent for each name, `dw`   -> the tangent of the value
//   vjp         a cotangent of the value, `df`  -> the named ones' cotangents, a tuple if there are several
//   hvp         a direction for each name, `dw` -> the Hessian times the direction, like grad
// By f's rules, if it has some. Null after reporting, at f's place, why there is none.
const CheckedFn *derivative(CheckedProgram &owner, const CheckedFn &, DiffForm, std::span<const std::string> names,
                            const std::string &nameOfIt, DiagnosticEngine &, const SourceManager &);

// f's parameters, then a tangent for each real parameter -> the value's tangent, by f's `@jvp` rule.
const CheckedFn *forwardRule(CheckedProgram &, const CheckedFn &);
// f's parameters, then the value's cotangent -> the real parameters' cotangents, by f's `@vjp` rule.
const CheckedFn *reverseRule(CheckedProgram &, const CheckedFn &);

} // namespace ricci::lang
