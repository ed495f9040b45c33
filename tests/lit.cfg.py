# FileCheck tests: every .mlir below tests/ drives ricci-opt. Paths come from tests/Lit.cmake.
import os
import lit.formats

config.name = "ricci"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params["output"]
config.environment["PATH"] = os.pathsep.join(
    [lit_config.params["tools"], lit_config.params["llvm_tools"], config.environment["PATH"]]
)
