#include "PieceContraction.h"

#include "Operand.h"

#include "runtime/Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

Operand inMemory(Emit emit, const Storage &storage) {
  return {storage.element, storage.pointer, storage.sizes, rowMajorStrides(emit, storage.sizes), {}};
}

// The operand with one letter more than there are of the rows, if there is one.
Value matrixOf(const Piece &piece) {
  EinsumOp op = piece.contraction;
  for (auto [name, input] : llvm::zip_equal(op.parseEquation().inputs, op.getInputs()))
    if (name.size() == piece.rows.size() + 1)
      return input;
  return {};
}

// The product of a matrix with a vector, seen from the matrix.
struct MatrixTimesVector {
  Value matrix, vector, keptSize, summedSize, keptStride, summedStride;
  bool isContiguous; // the vector and the result
};
std::optional<MatrixTimesVector> matrixTimesVector(const Contraction &product) {
  if (product.dims.size() != 2)
    return std::nullopt;
  const unsigned first = product.dims[0].stride.c ? 0 : 1;
  const auto &[keptSize, kept] = product.dims[first];
  const auto &[summedSize, summed] = product.dims[1 - first];
  if (!kept.c || summed.c || !summed.a || !summed.b || (kept.a && kept.b))
    return std::nullopt;
  const Value vectorStride = kept.a ? summed.b : summed.a;
  return MatrixTimesVector{.matrix = kept.a ? product.a : product.b,
                           .vector = kept.a ? product.b : product.a,
                           .keptSize = keptSize,
                           .summedSize = summedSize,
                           .keptStride = kept.a ? kept.a : kept.b,
                           .summedStride = kept.a ? summed.a : summed.b,
                           .isContiguous = constantIndex(vectorStride) == 1 && constantIndex(kept.c) == 1};
}

} // namespace

Contraction contractionOf(Environment &env, Location loc, const Piece &piece, const Storage &to, ArrayRef<Value> at,
                          Value rows) {
  Emit emit = env.at(loc);
  EinsumOp op = piece.contraction;
  const Equation equation = op.parseEquation();
  StringRef names[] = {equation.inputs[0], equation.inputs[1], equation.output};
  const StringRef fixed = StringRef(piece.rows).drop_back();
  const char row = piece.rows.back();
  Contraction product{to.element, {}, {}, {}, {}};
  std::string letters;
  for (char letter : equation.letters())
    if (!fixed.contains(letter))
      letters += letter;
  product.dims.resize(letters.size());
  Value *pointers[] = {&product.a, &product.b, &product.c};
  Value ContractionDim::Strides::*fields[] = {&ContractionDim::Strides::a, &ContractionDim::Strides::b,
                                              &ContractionDim::Strides::c};
  for (unsigned array = 0; array < 3; ++array) {
    const Value value = array < 2 ? op.getInputs()[array] : op.getResult();
    // What lies as a block has no strides for the axes around it.
    const Storage *block = array == 2 ? &to : env.find(value);
    const unsigned missing = block ? block->outer : 0;
    const Operand operand = array == 2              ? inMemory(emit, to)
                            : isInPlace(env, value) ? operandOf(env, loc, value)
                                                    : inMemory(emit, {{}, env.sizesOf(value), {}, {}});
    Value offset = emit.index(0);
    for (size_t axis = names[array].size(); axis-- > missing;) {
      const char letter = names[array][axis];
      Value stride = operand.strides[axis - missing];
      if (const size_t place = piece.rows.find(letter); !at.empty() && place != std::string::npos)
        offset = emit.add(offset, emit.mul(at[place], stride));
      if (const size_t number = letters.find(letter); number != std::string::npos) {
        product.dims[number].size = letter == row ? rows : operand.sizes[axis - missing];
        product.dims[number].stride.*fields[array] = stride;
      }
    }
    if (!at.empty())
      *pointers[array] = emit.address(operand.pointer, offset, operand.element);
  }
  return product;
}

bool readTheSameRows(ArrayRef<Piece> pieces) {
  return pieces.size() == 2 && pieces[0].contraction && !pieces[0].sumsRows && pieces[1].sumsRows &&
         matrixOf(pieces[0]) && matrixOf(pieces[0]) == matrixOf(pieces[1]);
}

bool emitBothFromRows(Environment &env, Location loc, const Contraction &product, const Contraction &sum, Value adds) {
  const std::optional<MatrixTimesVector> first = matrixTimesVector(product), second = matrixTimesVector(sum);
  if (!first || !second || !first->isContiguous || !second->isContiguous || constantIndex(first->summedStride) != 1 ||
      constantIndex(second->keptStride) != 1)
    return false;
  Emit emit = env.at(loc);
  Type i32 = env.builder.getI32Type();
  Value dtype = emit.constant(i32, product.element.isF32() ? RICCI_F32 : RICCI_F64);
  Value accumulate = arith::ExtUIOp::create(env.builder, loc, i32, adds);
  env.call(loc, "ricci_read_rows_twice", {},
           {dtype, first->matrix, emit.toI64(first->keptStride), first->vector, product.c, second->vector, sum.c,
            emit.toI64(first->keptSize), emit.toI64(first->summedSize), accumulate});
  return true;
}

} // namespace ricci::lower
