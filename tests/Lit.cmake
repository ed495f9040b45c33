# Registers the .mlir files of the current folder as one test: ricci_add_lit_tests(name).
find_program(RICCI_LIT NAMES lit-22 lit REQUIRED)

function(ricci_add_lit_tests name)
  add_test(NAME ${name} COMMAND ${RICCI_LIT} -v
    --param tools=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    --param llvm_tools=${LLVM_TOOLS_BINARY_DIR}
    --param output=${CMAKE_CURRENT_BINARY_DIR}
    ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()
