"""By how much the mean of a posterior of log rates lies off its mode: counts are skewed, and Laplace's normal is not.

Where counts alone tell a log rate its posterior leans to the low side: n orders in a time T make the rate gamma with mean n/T;
the mode of its log is log(n/T), the variance 1/n, the mean 1/(2n) below. What the prior alone tells does not lean. A normal about
the mode would make too much of the first, one moved by half the variance too little of the second; so the centre is moved by the
first term of the expansion of the mean (Tierney & Kadane 1986; Rue, Martino & Chopin 2009, 3.2.2),

    E[x_a] - mode_a = 1/2 sum_bcd S_ab S_cd d3 log p / dx_b dx_c dx_d,

S the covariance at the mode, with counts at their expectation.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, cho_solve_banded

from sim.replay.posterior import Posterior, Problem


def centred(problem: Problem, fit: Posterior) -> Posterior:
    """The posterior about its mean. Followers of past orders and their number are taken as known: they lean little."""
    cells, p, bin_of = problem.cells, fit.prior, problem.bin_of
    rate, interest, level, n = problem.rates(fit.z.sum(1), fit.theta)
    scale = (1 - n) * np.exp(fit.z.sum(1)[bin_of]) / (1 - n * cells.own)
    share = cells.at.multiply((scale / rate)[:, None]).multiply(level[None, :]).tocsr()
    rows, columns = np.repeat(np.arange(len(rate)), np.diff(share.indptr)), share.indices
    own, room, across, shift = fit.variances()
    with_room = np.einsum("np,np->n", across[columns], shift[bin_of[rows]])
    alone = room[bin_of[rows]] - with_room
    spread = cho_solve((fit.chol, True), np.eye(len(fit.theta)))
    carried = share @ p.levels
    touching = np.einsum("np,np->n", (p.levels @ spread)[columns], carried[rows].toarray())
    mean_with = np.bincount(rows, share.data * with_room, len(rate))
    brought = interest / rate
    # Covariance of each source's log rate with that of the cell, and the variances of both.
    of_cell = touching + alone * brought[rows] - mean_with[rows]
    cell = np.bincount(rows, share.data * of_cell, len(rate))
    each = np.bincount(rows, share.data * (own[columns] + alone - with_room), len(rate))
    third = rate[rows] * share.data * (2 * cell[rows] - 2 * of_cell - each[rows])
    pull = p.levels.T @ np.bincount(columns, third, len(own)) / 2
    if fit.band is None:
        return fit.moved(spread @ pull, fit.z * 0)
    k = fit.z.shape[1]
    pull_z = np.repeat(np.bincount(bin_of[rows], third, problem.bins) / 2, k)
    by = spread @ (pull - fit.shift.T @ pull_z)
    z = cho_solve_banded((fit.band, False), pull_z) - fit.shift @ by
    return fit.moved(by, z.reshape(fit.z.shape))
