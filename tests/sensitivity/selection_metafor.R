# Reference values of selection models that tests/reference does not hold: thresholds, precision, the
# negative exponential power, truncation.
#
#   Rscript tests/sensitivity/selection_metafor.R > tests/sensitivity/selection_metafor.json
#
# metafor (Debian: r-cran-metafor) with its integrals at 1e-11 instead of 1.2e-4 and its search begun anew
# where it ended, with differences of 1e-5 instead of 1e-3 for its gradients. It has no truncation models
# before version 4: their likelihood is written down here and maximised by optim, a check that shares nothing
# with the package. Takes ten minutes.

suppressMessages({library(metafor); library(jsonlite); library(numDeriv)})

integrals <- list(rel.tol = 1e-11, subdivisions = 4000, lower = -40, upper = 40)
control <- list(reltol = 1e-15, maxit = 1000, intCtrl = integrals)

hackshaw <- dat.hackshaw1998
lehmann <- dat.lehmann2018
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
sets <- list(hackshaw = hackshaw, lehmann = lehmann, bcg = bcg)

fitted <- function(set, ..., method = "ML") {
  res <- rma(yi, vi, data = sets[[set]], method = method)
  fit <- selmodel(res, ..., control = control)
  begin <- list(beta.init = c(fit$beta), tau2.init = max(fit$tau2, 1e-8), delta.init = pmax(c(fit$delta), 1e-6),
                ndeps = rep(1e-5, 2 + length(fit$delta)))
  fit <- selmodel(res, ..., control = c(control, begin))
  list(beta = c(fit$beta), se = fit$se, tau2 = fit$tau2, se.tau2 = fit$se.tau2, delta = c(fit$delta),
       se.delta = c(fit$se.delta), loglik = fit$fit.stats$ML[1], LRT = fit$LRT, LRTdf = fit$LRTdf)
}

truncated <- function(set, cutoff, alternative) {
  y <- as.numeric(sets[[set]]$yi); v <- sets[[set]]$vi
  good <- if (alternative == "greater") y > cutoff else y < cutoff
  minus <- function(theta) {
    s <- sqrt(v + exp(theta[2])); w <- exp(theta[3])
    out <- pnorm(cutoff, theta[1], s, lower.tail = alternative == "greater")
    -sum(dnorm(y, theta[1], s, log = TRUE) + ifelse(good, 0, theta[3]) - log(1 - out + w * out))
  }
  at <- c(mean(y), log(var(y) / 2), 0)
  for (i in 1:20) at <- optim(at, minus, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))$par
  natural <- function(theta) minus(c(theta[1], log(theta[2]), log(theta[3])))
  theta <- c(at[1], exp(at[2:3]))
  se <- sqrt(diag(solve(hessian(natural, theta))))
  list(beta = theta[1], se = se[1], tau2 = theta[2], se.tau2 = se[2], delta = theta[3], se.delta = se[3],
       loglik = -minus(at))
}

calls <- alist(
  fitted("hackshaw", type = "negexp", steps = .05),
  fitted("hackshaw", type = "halfnorm", steps = .025, alternative = "two.sided"),
  fitted("hackshaw", type = "negexp", steps = .05, method = "EE"),
  fitted("hackshaw", type = "logistic", prec = "sei"),
  fitted("hackshaw", type = "power", prec = "vi"),
  fitted("hackshaw", type = "negexppow"),
  fitted("hackshaw", type = "negexppow", prec = "sei", steps = .05),
  fitted("lehmann", type = "negexppow", alternative = "two.sided"),
  fitted("lehmann", type = "halfnorm", steps = .025, prec = "sei"),
  fitted("bcg", type = "halfnorm", alternative = "less", prec = "ninv"),
  fitted("bcg", type = "negexp", alternative = "less", prec = "sqrtninv", steps = .05),
  fitted("bcg", type = "power", alternative = "less", steps = .1),
  truncated("hackshaw", 0, "greater"),
  truncated("lehmann", 0.1, "greater"),
  truncated("bcg", -0.2, "less")
)

cases <- lapply(calls, function(call) {
  values <- eval(call)
  message(deparse1(call))
  list(call = unbox(deparse1(call)), values = lapply(values, unclass))
})
data <- lapply(sets, function(dat) {
  out <- list(yi = as.numeric(dat$yi), vi = dat$vi)
  if (!is.null(attr(dat$yi, "ni"))) out$ni <- attr(dat$yi, "ni")
  out
})
cat(toJSON(list(made_with = unbox(paste("metafor", packageVersion("metafor"), "on", R.version.string)),
                data = data, cases = cases), digits = NA, na = "null", pretty = FALSE), "\n")
