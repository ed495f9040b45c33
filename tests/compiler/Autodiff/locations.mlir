// RUN: ricci-opt -expand-derivatives -mlir-print-debuginfo %s | FileCheck %s

// Operations of a derivative say which rule made them, and of which line.
// CHECK: ricci.cos %{{.*}} loc(#[[RULE:loc[0-9]*]])
// CHECK: #[[LINE:loc[0-9]*]] = loc("model.ricci":7:3)
// CHECK: #[[RULE]] = loc("vjp of sin"(#[[LINE]]))
func.func @f(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64>):
    %s = ricci.sin %a : tensor<f64> loc("model.ricci":7:3)
    ricci.yield %s : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}
