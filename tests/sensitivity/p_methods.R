# Reference values of p-uniform* and p-curve, which no package of Debian has: both written down once more in R.
#
#   Rscript tests/sensitivity/p_methods.R > tests/sensitivity/p_methods.json
#
# p-uniform* (van Aert & van Assen 2021, "ML"): truncated normal likelihoods, maximised by nlminb from several
# starts, profiles by optimize, ends of intervals by uniroot. p-curve (Simonsohn et al. 2014, 2015): powers by
# integration of densities, where the package takes normal tails.

suppressMessages({library(metafor); library(jsonlite)})

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
sets <- list(
  hackshaw = list(yi = as.numeric(dat.hackshaw1998$yi), vi = dat.hackshaw1998$vi, side = "greater"),
  lehmann = list(yi = as.numeric(dat.lehmann2018$yi), vi = dat.lehmann2018$vi, side = "greater"),
  bcg = list(yi = as.numeric(bcg$yi), vi = bcg$vi, side = "less")
)

uniform_star <- function(d) {
  y <- if (d$side == "less") -d$yi else d$yi
  cut <- qnorm(.975) * sqrt(d$vi)
  minus <- function(mu, tau) {
    s <- sqrt(d$vi + tau^2)
    part <- ifelse(y > cut, pnorm(cut, mu, s, lower.tail = FALSE, log.p = TRUE), pnorm(cut, mu, s, log.p = TRUE))
    -sum(dnorm(y, mu, s, log = TRUE) - part)
  }
  over_tau <- function(mu) min(minus(mu, 0), optimize(function(t) minus(mu, t), c(0, 4), tol = 1e-12)$objective)
  over_mu <- function(tau) optimize(function(mu) minus(mu, tau), c(-6, 6), tol = 1e-12)$objective
  starts <- expand.grid(mu = c(-.5, 0, .3), tau = c(0, .2, .6))
  fits <- lapply(seq_len(nrow(starts)), function(i) nlminb(unlist(starts[i, ]), function(p) minus(p[1], p[2]),
    lower = c(-Inf, 0), control = list(rel.tol = 1e-15, x.tol = 1e-12, iter.max = 1000)))
  best <- fits[[which.min(sapply(fits, `[[`, "objective"))]]
  # One more search along each axis takes the rest of the way to the maximum.
  mu <- optimize(over_tau, best$par[1] + c(-.05, .05), tol = 1e-12)$minimum
  tau <- optimize(function(t) minus(mu, t), c(0, 4), tol = 1e-12)$minimum
  if (minus(mu, 0) <= minus(mu, tau)) tau <- 0
  top <- min(best$objective, minus(mu, tau)); drop <- qchisq(.95, 1) / 2
  end <- function(f, from, to) uniroot(function(x) f(x) - top - drop, c(from, to), tol = 1e-12)$root
  low <- end(over_tau, mu - 6, mu); high <- end(over_tau, mu, mu + 6)
  tau_low <- if (tau == 0 || over_mu(0) - top < drop) 0 else end(over_mu, 0, tau)
  tau_high <- end(over_mu, tau, 6)
  sign <- if (d$side == "less") -1 else 1
  list(estimate = sign * mu, low = min(sign * c(low, high)), high = max(sign * c(low, high)), tau2 = tau^2,
       tau2_low = tau_low^2, tau2_high = tau_high^2, effect_lrt = 2 * (over_tau(0) - top),
       tau2_lrt = 2 * (over_mu(0) - top))
}

curve_of_p <- function(d) {
  z <- d$yi / sqrt(d$vi); p <- 2 * pnorm(-abs(z)); z <- abs(z)[p < .05]; p <- p[p < .05]
  half <- p < .025; n <- length(p); crit <- qnorm(.975); crit_half <- qnorm(.9875)
  both <- function(x, shift) dnorm(x - shift) + dnorm(x + shift)
  beyond <- function(z, shift) sapply(z, function(from)
    integrate(both, from, max(from, shift) + 3, shift = shift, rel.tol = 1e-13)$value +
      integrate(both, max(from, shift) + 3, max(from, shift) + 12, shift = shift, rel.tol = 1e-13)$value)
  shift_of <- function(power) uniroot(function(s) beyond(crit, s) - power, c(0, 10), tol = 1e-13)$root
  third <- shift_of(1 / 3)
  stouffer <- function(q) sum(qnorm(q)) / sqrt(length(q))
  flat <- function(power) stouffer(beyond(z, shift_of(power)) / power)
  at <- function(target) {
    if (flat(.0501) >= target) return(.05)
    if (flat(.99) <= target) return(.99)
    uniroot(function(power) flat(power) - target, c(.0501, .99), tol = 1e-12)$root
  }
  list(k_significant = n, k_half = sum(half), right_z = stouffer(p / .05), right_half_z = stouffer(p[half] / .025),
       right_binomial_p = binom.test(sum(half), n, .5, alternative = "greater")$p.value, flat_z = flat(1 / 3),
       flat_half_z = stouffer(beyond(z[half], third) / beyond(crit_half, third)),
       flat_binomial_p = binom.test(sum(half), n, beyond(crit_half, third) * 3, alternative = "less")$p.value,
       power = at(0), power_low = at(-qnorm(.95)), power_high = at(qnorm(.95)))
}

cat(toJSON(list(
  made_with = R.version.string, data = sets,
  p_uniform_star = lapply(sets, uniform_star), p_curve = lapply(sets, curve_of_p)
), digits = NA, auto_unbox = TRUE), "\n")
