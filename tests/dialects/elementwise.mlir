// RUN: ricci-opt %s | ricci-opt | FileCheck %s

// Every elementwise function prints as it parses.

// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: tensor<3x?xf64>, %y: tensor<3x?xf64>, %i: tensor<?xi64>, %j: tensor<?xi64>, %p: tensor<i1>, %q: tensor<i1>) {
  // CHECK-NEXT: ricci.add %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %add = ricci.add %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sub %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %sub = ricci.sub %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.mul %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %mul = ricci.mul %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.div %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %div = ricci.div %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.rem %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %rem = ricci.rem %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.pow %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %pow = ricci.pow %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.max %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %max = ricci.max %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.min %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %min = ricci.min %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.atan2 %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %atan2 = ricci.atan2 %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.mask_mul %{{.*}}, %{{.*}} : tensor<3x?xf64>
  %mask_mul = ricci.mask_mul %x, %y : tensor<3x?xf64>
  // CHECK-NEXT: ricci.threefry %{{.*}}, %{{.*}} : tensor<?xi64>
  %threefry = ricci.threefry %i, %j : tensor<?xi64>
  // CHECK-NEXT: ricci.and %{{.*}}, %{{.*}} : tensor<i1>
  %and = ricci.and %p, %q : tensor<i1>
  // CHECK-NEXT: ricci.or %{{.*}}, %{{.*}} : tensor<i1>
  %or = ricci.or %p, %q : tensor<i1>
  // CHECK-NEXT: ricci.shr %{{.*}}, %{{.*}} : tensor<?xi64>
  %shr = ricci.shr %i, %j : tensor<?xi64>
  // CHECK-NEXT: ricci.not %{{.*}} : tensor<i1>
  %not = ricci.not %p : tensor<i1>
  // CHECK-NEXT: ricci.neg %{{.*}} : tensor<3x?xf64>
  %neg = ricci.neg %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.abs %{{.*}} : tensor<3x?xf64>
  %abs = ricci.abs %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sign %{{.*}} : tensor<3x?xf64>
  %sign = ricci.sign %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.floor %{{.*}} : tensor<3x?xf64>
  %floor = ricci.floor %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.ceil %{{.*}} : tensor<3x?xf64>
  %ceil = ricci.ceil %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.round %{{.*}} : tensor<3x?xf64>
  %round = ricci.round %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sqrt %{{.*}} : tensor<3x?xf64>
  %sqrt = ricci.sqrt %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.rsqrt %{{.*}} : tensor<3x?xf64>
  %rsqrt = ricci.rsqrt %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.cbrt %{{.*}} : tensor<3x?xf64>
  %cbrt = ricci.cbrt %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.exp %{{.*}} : tensor<3x?xf64>
  %exp = ricci.exp %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.expm1 %{{.*}} : tensor<3x?xf64>
  %expm1 = ricci.expm1 %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.log %{{.*}} : tensor<3x?xf64>
  %log = ricci.log %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.log1p %{{.*}} : tensor<3x?xf64>
  %log1p = ricci.log1p %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.log2 %{{.*}} : tensor<3x?xf64>
  %log2 = ricci.log2 %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sin %{{.*}} : tensor<3x?xf64>
  %sin = ricci.sin %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.cos %{{.*}} : tensor<3x?xf64>
  %cos = ricci.cos %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.tan %{{.*}} : tensor<3x?xf64>
  %tan = ricci.tan %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.asin %{{.*}} : tensor<3x?xf64>
  %asin = ricci.asin %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.acos %{{.*}} : tensor<3x?xf64>
  %acos = ricci.acos %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.atan %{{.*}} : tensor<3x?xf64>
  %atan = ricci.atan %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sinh %{{.*}} : tensor<3x?xf64>
  %sinh = ricci.sinh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.cosh %{{.*}} : tensor<3x?xf64>
  %cosh = ricci.cosh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.tanh %{{.*}} : tensor<3x?xf64>
  %tanh = ricci.tanh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.asinh %{{.*}} : tensor<3x?xf64>
  %asinh = ricci.asinh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.acosh %{{.*}} : tensor<3x?xf64>
  %acosh = ricci.acosh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.atanh %{{.*}} : tensor<3x?xf64>
  %atanh = ricci.atanh %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.sigmoid %{{.*}} : tensor<3x?xf64>
  %sigmoid = ricci.sigmoid %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.softplus %{{.*}} : tensor<3x?xf64>
  %softplus = ricci.softplus %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.relu %{{.*}} : tensor<3x?xf64>
  %relu = ricci.relu %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.gelu %{{.*}} : tensor<3x?xf64>
  %gelu = ricci.gelu %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.silu %{{.*}} : tensor<3x?xf64>
  %silu = ricci.silu %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.erf %{{.*}} : tensor<3x?xf64>
  %erf = ricci.erf %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.erfc %{{.*}} : tensor<3x?xf64>
  %erfc = ricci.erfc %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.lgamma %{{.*}} : tensor<3x?xf64>
  %lgamma = ricci.lgamma %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.digamma %{{.*}} : tensor<3x?xf64>
  %digamma = ricci.digamma %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.ipow %{{.*}}, %{{.*}} : tensor<?xi64>
  %ipow = ricci.ipow %i, %j : tensor<?xi64>
  return
}

// CHECK-LABEL: func @mixed
func.func @mixed(%x: tensor<?xf32>, %y: tensor<?xf32>, %n: tensor<?xi64>, %c: tensor<?xi1>) {
  // CHECK-NEXT: ricci.cmp eq %{{.*}}, %{{.*}} : tensor<?xf32>
  %r0 = ricci.cmp eq %x, %y : tensor<?xf32>
  // CHECK-NEXT: ricci.cmp ne %{{.*}}, %{{.*}} : tensor<?xi1>
  %r1 = ricci.cmp ne %c, %c : tensor<?xi1>
  // CHECK-NEXT: ricci.cmp lt %{{.*}}, %{{.*}} : tensor<?xi64>
  %r2 = ricci.cmp lt %n, %n : tensor<?xi64>
  // CHECK-NEXT: ricci.cmp le %{{.*}}, %{{.*}} : tensor<?xf32>
  %r3 = ricci.cmp le %x, %y : tensor<?xf32>
  // CHECK-NEXT: ricci.cmp gt %{{.*}}, %{{.*}} : tensor<?xf32>
  %r4 = ricci.cmp gt %x, %y : tensor<?xf32>
  // CHECK-NEXT: ricci.cmp ge %{{.*}}, %{{.*}} : tensor<?xf32>
  %r5 = ricci.cmp ge %x, %y : tensor<?xf32>
  // CHECK-NEXT: ricci.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<?xf32>
  %r6 = ricci.select %c, %x, %y : tensor<?xf32>
  // CHECK-NEXT: ricci.convert %{{.*}} : tensor<?xf32> -> tensor<?xi64>
  %r7 = ricci.convert %x : tensor<?xf32> -> tensor<?xi64>
  // CHECK-NEXT: ricci.convert %{{.*}} : tensor<?xi1> -> tensor<?xf64>
  %r8 = ricci.convert %c : tensor<?xi1> -> tensor<?xf64>
  // CHECK-NEXT: ricci.isnan %{{.*}} : tensor<?xf32>
  %r9 = ricci.isnan %x : tensor<?xf32>
  // CHECK-NEXT: ricci.isfinite %{{.*}} : tensor<?xf32>
  %r10 = ricci.isfinite %x : tensor<?xf32>
  // CHECK-NEXT: ricci.powi %{{.*}}, %{{.*}} : tensor<?xf32>
  %r11 = ricci.powi %x, %n : tensor<?xf32>
  // CHECK-NEXT: ricci.polygamma %{{.*}} order 2 : tensor<?xf32>
  %r12 = ricci.polygamma %x order 2 : tensor<?xf32>
  // CHECK-NEXT: ricci.unit %{{.*}} : tensor<?xi64> -> tensor<?xf32>
  %r13 = ricci.unit %n : tensor<?xi64> -> tensor<?xf32>
  return
}
