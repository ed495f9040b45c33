/* The header is C: a whole use of it, for HeaderTest to run. */
#include <ricci/ricci.h>

#include <string.h>

/* f(3) for `fn f(x: f64) -> f64`; -1 if anything fails. */
double evaluate_in_c(const char *source) {
  ricci_engine_options options = RICCI_ENGINE_OPTIONS_INIT;
  ricci_engine *engine = NULL;
  ricci_module *module = NULL;
  ricci_function *function = NULL;
  ricci_leaf leaf = RICCI_LEAF_INIT;
  ricci_error *error = NULL;
  double x = 3, y = -1;
  DLTensor in = {&x, {kDLCPU, 0}, 0, {kDLFloat, 64, 1}, NULL, NULL, 0}, out = in;
  out.data = &y;
  options.threads = 1;
  if (ricci_engine_create(&options, &engine, NULL) != RICCI_OK ||
      ricci_module_compile(engine, "c.ricci", source, strlen(source), &module, NULL) != RICCI_OK ||
      ricci_module_function(module, "f", NULL, &function, NULL) != RICCI_OK ||
      ricci_function_parameter(function, 0, &leaf) != RICCI_OK || strcmp(leaf.type, "f64") != 0 ||
      ricci_function_call_into(function, NULL, &in, 1, &out, 1, NULL, &error) != RICCI_OK)
    y = -1;
  ricci_error_release(error);
  ricci_function_release(function);
  ricci_module_release(module);
  ricci_engine_release(engine);
  return y;
}
