// A choice that a pass makes between ways to compute the same: what was chosen, what else there was and what each costs, why,
// and what edit of the program would change it. Passes state each choice and each refusal by `decide`; it is kept only if
// somebody asked, in the log of the dialect, and costs nothing otherwise.
#pragma once

#include "mlir/IR/Location.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ricci {

struct Candidate {
  std::string name; // a way, as a phrase: "compute it again"
  double cost = 0;  // in the decision's unit
};

struct Decision {
  enum class Kind {
    Fusion,   // what becomes one kernel, or one nest in it
    Order,    // of the products of a contraction
    Product,  // how a product of two arrays is computed: kernels of the runtime, register tiles, a loop nest
    Packing,  // what of a contraction is copied into panels, and what is read where it lies
    Storage,  // stored, or computed again wherever it is used
    Residual, // what reverse mode saves for its way back
    Vector,   // along which loop, how wide
    Threads,  // which loop threads share
    Memory,   // whose memory a result takes
  };

  Kind kind;
  std::string what;      // the subject and what is done with it: "`p` is computed again in each of 3 kernels"
  std::string reason;    // "that costs less than to store it"
  std::string edit = {}; // an edit of the program that would change the choice; empty: none is known
  bool refused = false;  // something that would save work or memory is not done
  std::vector<Candidate> candidates = {};
  size_t chosen = 0;     // of the candidates
  std::string unit = {}; // of the candidates' costs: "additions of an element"
  mlir::LocationAttr place = {}; // of the operation that it is about
};

// "fusion", "order", …
llvm::StringRef kindName(Decision::Kind kind);

// One line: "what: reason (costs of the candidates); edit".
std::string textOf(const Decision &decision);

// The decisions of one context's passes, in order, each once. Thread-safe.
class DecisionLog {
public:
  void add(Decision decision);
  // All since the last call.
  std::vector<Decision> take();

private:
  std::mutex mutex;
  std::vector<Decision> decisions;
};

// Whether the context's dialect has a log.
bool keepsDecisions(mlir::MLIRContext *context);
// States a choice about the operation at `place`. `decision` is called only if they are kept.
void decide(mlir::Location place, llvm::function_ref<Decision()> decision);

} // namespace ricci
