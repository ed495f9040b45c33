/* Which functions the C library lacks: none that the runtime calls. */
