# Installs BUILD under FOLDER, and runs a program from another folder that imports the installed standard library.
file(REMOVE_RECURSE ${FOLDER})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${FOLDER}/prefix OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
# The library of the source tree would do as well, so the installed one gets a function of its own.
file(APPEND ${FOLDER}/prefix/share/ricci/std/nn.ricci "fn installed() -> i64 { 7 }\n")
file(WRITE ${FOLDER}/elsewhere/program.ricci "
import std.nn
import std.optim
var s = optim.adam_init(nn.dense_init(key(0), zeros(f64[2]), 1))
let x = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
let y = [1.0, 3.0, 0.0]
fn loss(p: nn.Dense<f64,2,1>, x: f64[N,2], y: f64[N]) -> f64 { mean[n]((nn.dense(p, x[n,:])[0] - y[n]) ** 2) }
for t in 0..2000 { s = optim.adam(s, grad[s.p](loss(s.p, x, y)), 0.02) }
print(\"{nn.installed()} {s.p.w[0,0]:.3f} {s.p.w[1,0]:.3f} {s.p.b[0]:.3f}\")
")
execute_process(COMMAND ${FOLDER}/prefix/bin/ricci run program.ricci WORKING_DIRECTORY ${FOLDER}/elsewhere
  OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
if(NOT said STREQUAL "7 2.000 -1.000 1.000")
  message(FATAL_ERROR "the installed program said: ${said}")
endif()
if(EXISTS ${FOLDER}/prefix/share/ricci/std/tests)
  message(FATAL_ERROR "the library's tests were installed")
endif()
file(REMOVE_RECURSE ${FOLDER})
