#include "RowBlockMemory.h"

#include "dialects/StridedView.h"

namespace ricci::lower {

using namespace mlir;

namespace {

bool haveSameSize(Environment &env, Value x, Value y) {
  if (cast<RankedTensorType>(x.getType()).getElementType() != cast<RankedTensorType>(y.getType()).getElementType())
    return false;
  const SmallVector<Value> left = env.sizesOf(x), right = env.sizesOf(y);
  return left.size() == right.size() && llvm::all_of(llvm::zip(left, right), [](const auto &sizes) {
           const auto &[a, b] = sizes;
           return a == b || (constantIndex(a) && constantIndex(a) == constantIndex(b));
         });
}

// Where values of a block are read for the last time.
class LastReads {
public:
  LastReads(Environment &env, ArrayRef<Piece> pieces, unsigned outer) {
    DenseSet<Value> known;
    for (auto [number, piece] : llvm::enumerate(pieces)) {
      if (EinsumOp contraction = piece.contraction)
        for (Value operand : contraction.getInputs()) {
          Operation *view = operand.getDefiningOp();
          for (std::optional<StridedView> through;
               view && !known.contains(operand) && (through = matchStridedView(view)); view = operand.getDefiningOp())
            operand = through->source;
          last[operand] = {number, {}};
        }
      for (const Group &group : piece.groups) {
        add(env, group, number, outer, known);
        for (const Root &root : group.roots)
          known.insert(root.result);
      }
      known.insert(piece.results.begin(), piece.results.end());
    }
  }

  // Whether `result`, of piece `number`, may lie where `value` does.
  bool endBefore(Value value, size_t number, Value result) const {
    auto found = last.find(value);
    return found == last.end() || found->second.piece < number ||
           (found->second.piece == number && found->second.inPlaceBy == result);
  }

private:
  struct Read {
    size_t piece;
    Value inPlaceBy; // the one result of the nest that reads it, at the place that it writes
  };

  void add(Environment &env, const Group &group, size_t number, unsigned outer, const DenseSet<Value> &known) {
    IndexSpace space(env.builder.getContext());
    const Group inside = insideRows(space, group, outer, known);
    const auto [parallel, reduced] = openLoops(space, inside);
    const Leaves leaves = leavesOf(env, space, inside, parallel, reduced);
    Position place(inside.outer);
    place.append(parallel.begin(), parallel.end());
    const Root &root = group.roots.front();
    const bool writesInOrder = group.roots.size() == 1 && !root.reduces && !group.writer;
    DenseMap<Value, bool> inPlace;
    auto note = [&](const Element &read, bool isSubscript) {
      bool &all = inPlace.try_emplace(read.tensor, true).first->second;
      all &= writesInOrder && !isSubscript && ArrayRef(read.at) == ArrayRef(place);
    };
    for (const Element &read : leaves.arrays)
      note(read, false);
    for (unsigned symbol = 0; symbol < space.symbolCount(); ++symbol)
      if (const IndexSpace::Symbol read = space.symbol(symbol); read.kind == IndexSpace::Symbol::Element)
        note(read.element, true);
    for (auto [value, always] : inPlace)
      last[value] = {number, always ? root.result : Value()};
  }

  DenseMap<Value, Read> last;
};

} // namespace

llvm::MapVector<Value, Value> shareMemory(Environment &env, ArrayRef<Piece> pieces, unsigned outer,
                                          llvm::function_ref<bool(Value)> needsMemory) {
  const LastReads reads(env, pieces, outer);
  llvm::MapVector<Value, Value> homes, occupants;
  for (auto [number, piece] : llvm::enumerate(pieces))
    for (Value result : piece.results) {
      if (!needsMemory(result))
        continue;
      auto *home = llvm::find_if(occupants, [&](const auto &entry) {
        return haveSameSize(env, entry.second, result) && reads.endBefore(entry.second, number, result);
      });
      homes[result] = home == occupants.end() ? result : home->first;
      occupants[homes[result]] = result;
    }
  return homes;
}

} // namespace ricci::lower
