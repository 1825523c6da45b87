"""Group relative policy optimisation in numbers: advantages, the clipped objective, the KL estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError

RatioLevel = Literal["token", "sequence"]


def advantages(rewards: Sequence[float], *, ddof: int = 1, eta: float = 1e-4) -> NDArray[np.float64]:
    """Rewards of one group, centred and scaled (eq. 11): A_i = (r_i - mean) / (std + eta).

    Args:
        rewards: float [G], finite.
        ddof: 1 is torch's default and R1-V's; the paper leaves it open.
        eta: added to the deviation.
    Returns:
        float64 [G]; exactly 0 when all rewards are equal, and for G = 1.
    Raises:
        ShapeError: empty or not 1-D.
        ConfigError: a reward that is not finite.
    Source: Shao et al. 2024; metrics.md 7.6.
    """
    values = np.asarray(rewards, float)
    if values.ndim != 1 or not values.size:
        raise ShapeError(f"rewards must be [G] with G >= 1, got shape {values.shape}.")
    if not np.isfinite(values).all():
        raise ConfigError(f"rewards must be finite, got {values.tolist()}.")
    if np.ptp(values) == 0:
        return np.zeros_like(values)
    return (values - values.mean()) / (values.std(ddof=ddof) + eta)


def clipped_objective(ratio: ArrayLike, advantage: ArrayLike, *, epsilon: float = 0.2) -> NDArray[np.float64]:
    """min(rho A, clip(rho, 1 - eps, 1 + eps) A), elementwise (eq. 10).

    >>> clipped_objective([1.3, 1.3], [0.5, -0.5]).tolist()
    [0.6, -0.65]
    """
    rho, a = np.asarray(ratio, float), np.asarray(advantage, float)
    return np.minimum(rho * a, np.clip(rho, 1 - epsilon, 1 + epsilon) * a)


def kl_k3(log_policy: ArrayLike, log_reference: ArrayLike) -> NDArray[np.float64]:
    """Unbiased, never negative estimate of KL(policy || reference) per token: exp(d) - d - 1, d = log ref - log policy.

    Source: Schulman 2020, "Approximating KL divergence".
    """
    difference = np.asarray(log_reference, float) - np.asarray(log_policy, float)
    return np.expm1(difference) - difference


def grpo_objective(
    log_policy: ArrayLike,
    log_old: ArrayLike,
    log_reference: ArrayLike,
    advantage: ArrayLike,
    mask: ArrayLike,
    *,
    epsilon: float = 0.2,
    beta: float = 0.04,
    ratio_level: RatioLevel = "token",
) -> float:
    """Objective J of one group (eq. 10), to be maximised.

        J = 1/G sum_i [ min(rho_i A_i, clip(rho_i) A_i) - beta KL_i ]

    Args:
        log_policy: float [G, T], log-probability of each generated token under the trained policy.
        log_old: float [G, T], under the sampling policy.
        log_reference: float [G, T], under the reference.
        advantage: float [G]; see `advantages`.
        mask: bool [G, T], generated tokens; each row at least one.
        epsilon: clip width.
        beta: weight of the KL term.
        ratio_level: "token": a ratio per token, mean over tokens (what frameworks do); "sequence": one ratio of whole
            outputs (the formula as printed).
    Returns:
        J.
    Raises:
        ShapeError: shapes that do not fit, or a row without tokens.
        ConfigError: unknown ratio level.
    Source: metrics.md 7.1, 7.6.
    """
    if ratio_level not in ("token", "sequence"):
        raise ConfigError(f"ratio_level must be 'token' or 'sequence', got {ratio_level!r}.")
    new, old, ref = (np.asarray(item, float) for item in (log_policy, log_old, log_reference))
    a, valid = np.asarray(advantage, float), np.asarray(mask, bool)
    fits = new.ndim == 2 and new.shape == old.shape == ref.shape == valid.shape and a.shape == new.shape[:1]
    if not fits or not valid.any(axis=1).all():
        raise ShapeError("grpo_objective takes four [G, T], advantages [G], and at least one token a row.")
    counts = valid.sum(axis=1)
    log_ratio = np.where(valid, new - old, 0.0)
    divergence = np.where(valid, kl_k3(np.where(valid, new, 0), np.where(valid, ref, 0)), 0).sum(axis=1) / counts
    if ratio_level == "sequence":
        gain = clipped_objective(np.exp(log_ratio.sum(axis=1)), a, epsilon=epsilon)
    else:
        per_token = clipped_objective(np.exp(log_ratio), a[:, None], epsilon=epsilon)
        gain = np.where(valid, per_token, 0).sum(axis=1) / counts
    return float((gain - beta * divergence).mean())
