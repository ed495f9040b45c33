"""All suites by name."""

import contractions
import loops
import models
import sizes

suites = {
    suite.__name__: suite
    for suite in (contractions.gemm, contractions.matvec, contractions.batched, contractions.tensor, contractions.network,
                  contractions.blas2, contractions.rank_k, loops.rows, loops.elementwise, loops.scatter, loops.convolution,
                  models.statistics, models.networks, sizes.dynamic)
}
