# A metafor call as a tree, and its result as fields: what the files under data/ are made of.
# Sourced by regenerate.R and families.R. Needs metafor and jsonlite.

suppressPackageStartupMessages({
  library(metafor)
  library(jsonlite)
})

# baujat() and radial() draw; nobody looks.
pdf(NULL)

# ---- calls as trees ---------------------------------------------------------------------------
tree <- function(e) {
  if (is.name(e)) return(list(name = unbox(as.character(e))))
  if (is.null(e)) return(NULL)
  if (is.call(e)) {
    if (identical(e[[1]], as.name("~"))) return(list(formula = unbox(paste(deparse(e), collapse = " "))))
    if (identical(e[[1]], as.name("function"))) return(list(code = unbox(paste(deparse(e), collapse = " "))))
    keys <- names(as.list(e))[-1]
    args <- lapply(seq_along(as.list(e)[-1]), function(i) {
      key <- if (is.null(keys) || !nzchar(keys[i])) NULL else unbox(keys[i])
      list(key, tree(as.list(e)[[i + 1]]))
    })
    return(list(call = unbox(paste(deparse(e[[1]]), collapse = "")), args = args))
  }
  if (is.numeric(e) && is.infinite(e)) return(unbox("Inf"))
  if (is.na(e)) return(NULL)
  unbox(e)
}

# ---- results as fields ------------------------------------------------------------------------
number <- function(x) {
  x <- unname(as.vector(x))
  out <- lapply(x, function(v) {
    if (is.na(v)) NULL else if (is.numeric(v) && is.infinite(v)) unbox(if (v > 0) "Inf" else "-Inf") else unbox(v)
  })
  if (length(out) == 1L) out[[1]] else out
}
picked <- function(x, fields) {
  fields <- fields[vapply(fields, function(f) !is.null(x[[f]]) && length(x[[f]]) > 0L, logical(1))]
  setNames(lapply(fields, function(f) number(x[[f]])), fields)
}
statistics <- function(x, columns = c("ML", "REML")) {
  setNames(lapply(columns, function(column) {
    lapply(setNames(as.list(x$fit.stats[[column]]), sub(":", "", rownames(x$fit.stats))), number)
  }), columns)
}
one_column <- function(x) {
  names <- c("ll", "dev", "AIC", "BIC", "AICc")
  lapply(setNames(as.list(unname(x)), names), number)
}
model_fields <- c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "se.tau2", "I2", "H2", "R2",
                  "QE", "QEp", "QM", "QMdf", "QMp", "s2w", "int.only")
rows_of <- function(m) {
  names <- c("estimate", "ci.lb", "ci.ub")
  apply(m, 1, function(r) setNames(lapply(r[1:3], number), names), simplify = FALSE)
}
of_uni <- function(x) {
  out <- picked(x, model_fields)
  if (is.na(x$ddf)) out$ddf <- NULL
  if (!isTRUE(x$int.only)) out$coef_names <- lapply(rownames(x$beta), unbox)
  if (is.element(x$method, c("ML", "REML")) && isTRUE(x$weighted) && is.null(x$weights)) {
    out$fit.stats <- statistics(x)
    out$vb <- lapply(seq_len(nrow(x$vb)), function(i) lapply(unname(x$vb[i, ]), number))
  }
  out
}
of_ls <- function(x) {
  out <- picked(x, c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "alpha", "tau2", "I2", "H2", "QE",
                     "QEp", "QM", "QMp"))
  if (x$link == "log") {
    out <- c(out, picked(x, c("se.alpha", "zval.alpha", "pval.alpha", "ci.lb.alpha", "ci.ub.alpha")))
    if (x$q > 1L) out <- c(out, picked(x, c("QS", "QSp", "QSdf")))
  }
  out$fit.stats <- statistics(x)
  out
}
of_mv <- function(x) {
  out <- picked(x, c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "tau2", "sigma2", "rho", "gamma2",
                     "phi", "QE", "QEp", "QM", "QMdf", "QMp", "int.only"))
  if (!all(is.na(x$ddf))) out$ddf <- number(x$ddf)
  if (!isTRUE(x$int.only)) out$coef_names <- lapply(rownames(x$beta), unbox)
  if (!inherits(x, "robust.rma")) out$fit.stats <- statistics(x)
  out
}
of_strata <- function(x) {
  out <- picked(x, c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "se.tau2", "sigma2",
                     "I2", "H2", "QE", "QEp", "QE.Wld", "QEp.Wld", "QE.LRT", "QEp.LRT", "QM", "QMdf", "QMp", "MH",
                     "MHp", "BD", "BDp", "TA", "TAp", "CO", "COp", "k.yi", "int.only"))
  if (is.null(x$ddf) || all(is.na(x$ddf))) out$ddf <- NULL
  if (inherits(x, "rma.glmm")) out$fit.stats <- statistics(x, "ML")
  out
}
of_influence <- function(x) {
  names <- c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight")
  out <- picked(x$inf, names)
  out$dfbs <- lapply(unclass(x$dfbs)[setdiff(names(x$dfbs), c("slab", "digits"))], number)
  out$is.infl <- number(x$is.infl)
  out
}
of_anova <- function(x) {
  if (!is.null(x$LRT)) {
    out <- picked(x, c("LRT", "pval", "QE.f", "QE.r", "tau2.f", "tau2.r", "R2", "parms.f", "parms.r"))
    out$fit.stats.f <- one_column(x$fit.stats.f)
    out$fit.stats.r <- one_column(x$fit.stats.r)
    return(out)
  }
  fields <- if (is.null(x$Xb)) c("QM", "QMdf", "QMp", "QS", "QSdf", "QSp") else
    c("QM", "QMdf", "QMp", "Xb", "se", "zval", "pval", "ddf")
  picked(x, fields)
}
of_selmodel <- function(x) {
  out <- picked(x, c("beta", "se", "zval", "pval", "ci.lb", "ci.ub", "tau2", "se.tau2", "ci.lb.tau2", "ci.ub.tau2",
                     "delta", "se.delta", "zval.delta", "pval.delta", "ci.lb.delta", "ci.ub.delta", "LRT", "LRTdf",
                     "LRTp", "QM", "QMp", "k"))
  if (is.data.frame(x$ptable)) out$ptable_k <- number(x$ptable[["k"]])
  out$logLik <- number(as.numeric(logLik(x)))
  out$fit.stats <- statistics(x, "ML")
  out
}
of_gosh <- function(x) {
  res <- x$res
  probs <- c(0, .01, .05, .25, .5, .75, .95, .99, 1)
  summary <- function(v) list(mean = number(mean(v)), sd = number(sd(v)), quantiles = number(quantile(v, probs)))
  out <- list(n_subsets = number(nrow(res)), has_estimate = number(sum(!is.na(res$estimate))),
              quantile_probs = number(probs))
  for (name in c("k", "QE", "I2", "H2", "tau2", "estimate")) out[[name]] <- summary(res[[name]])
  first <- x$incl[, 1]
  out$mean_estimate_with_first <- number(mean(res$estimate[first]))
  out$mean_estimate_without_first <- number(mean(res$estimate[!first]))
  out
}
of_lm <- function(x) {
  table <- coef(summary(x))
  list(beta = number(table[, 1]), se = number(table[, 2]), tval = number(table[, 3]), pval = number(table[, 4]),
       df = number(x$df.residual))
}
of_list <- function(x) {
  if (!is.null(x$estimate)) {
    return(picked(x, c("estimate", "se", "zval", "tval", "pval", "pvals", "ci.lb", "ci.ub", "Q", "Qp", "tau2", "I2",
                       "H2")))
  }
  if (!is.null(x$resid)) return(picked(x, c("resid", "se", "z")))
  if (!is.null(x$intrcpt)) return(lapply(unclass(x)[setdiff(names(x), c("slab", "digits"))], number))
  picked(x, c("pred", "se", "ci.lb", "ci.ub", "pi.lb", "pi.ub"))
}
of_regtest <- function(x) {
  out <- picked(x, c("zval", "pval", "est", "ci.lb", "ci.ub"))
  out
}
fields_of <- function(x) {
  if (inherits(x, "confint.rma")) {
    out <- list()
    if (!is.null(x$random)) out$random <- rows_of(x$random)
    if (!is.null(x$fixed)) out$fixed <- rows_of(x$fixed)
    return(out)
  }
  if (inherits(x, "list.confint.rma")) {
    tables <- unclass(x)[setdiff(names(x), c("digits", "level"))]
    tables <- x[vapply(unclass(x), function(t) is.list(t) && !is.null(t$random), logical(1))]
    return(do.call(c, lapply(unname(unclass(tables)), function(t) rows_of(t$random))))
  }
  if (inherits(x, "rma.uni.selmodel")) return(of_selmodel(x))
  if (inherits(x, "rma.uni.trimfill")) return(c(picked(x, c("k0", "se.k0", "p.k0", "side")), of_uni(x)))
  if (inherits(x, "rma.ls")) return(of_ls(x))
  if (inherits(x, "rma.mv")) return(of_mv(x))
  if (inherits(x, "rma.uni")) return(of_uni(x))
  if (inherits(x, c("rma.mh", "rma.peto", "rma.glmm"))) return(of_strata(x))
  if (inherits(x, "infl.rma.uni")) return(of_influence(x))
  if (inherits(x, "anova.rma")) return(of_anova(x))
  if (inherits(x, "vif.rma")) {
    if (is.list(x$vif) && !is.null(x$vif[[1]]$vif)) {
      return(list(vif = number(sapply(x$vif, function(v) v$vif)), sif = number(sapply(x$vif, function(v) v$sif)),
                  m = number(sapply(x$vif, function(v) v$m))))
    }
    return(list(vif = number(unlist(x$vif)), sif = number(sqrt(unlist(x$vif)))))
  }
  if (inherits(x, "regtest")) return(of_regtest(x))
  if (inherits(x, "ranktest")) return(picked(x, c("tau", "pval")))
  if (inherits(x, "fsn")) return(picked(x, c("fsnum", "alpha", "pval", "meanes", "target")))
  if (inherits(x, "tes")) return(picked(x, c("k", "O", "E", "OEratio", "pval", "power", "sig", "theta", "X2")))
  if (inherits(x, "hc.rma.uni")) {
    return(picked(x, c("beta", "se", "ci.lb", "ci.ub", "tau2", "beta.rma", "se.rma", "ci.lb.rma", "ci.ub.rma",
                       "tau2.rma")))
  }
  if (inherits(x, "gosh.rma")) return(of_gosh(x))
  if (inherits(x, "permutest.rma.uni")) {
    return(c(picked(x, c("pval", "QMp", "zval", "QM", "beta", "ci.lb", "ci.ub"))))
  }
  if (inherits(x, "lm")) return(of_lm(x))
  if (inherits(x, "escalc")) {
    return(list(yi = lapply(as.vector(x$yi), number), vi = lapply(as.vector(x$vi), number)))
  }
  if (inherits(x, "list.rma")) return(of_list(x))
  if (is.data.frame(x) && !is.null(x$ids)) return(picked(x, c("x", "y", "ids")))
  if (is.list(x) && all(vapply(x, function(t) is.data.frame(t) && !is.null(t$intrcpt), logical(1)))) {
    return(lapply(x, function(t) c(picked(t, c("intrcpt", "se", "pi.lb", "pi.ub")), list(levels = lapply(rownames(t), unbox)))))
  }
  if (is.numeric(x)) return(list(value = lapply(unname(x), number)))
  stop("no fields known for a result of class ", paste(class(x), collapse = "/"))
}
answer <- function(call, space) {
  expressions <- parse(text = call, keep.source = FALSE)
  local <- new.env(parent = space)
  out <- tryCatch({
    value <- NULL
    for (e in expressions) value <- suppressWarnings(eval(e, local))
    fields_of(value)
  }, error = function(e) list(error = unbox(conditionMessage(e))))
  list(ast = lapply(as.list(expressions), tree), expect = out)
}

# ---- data: columns from and to JSON -------------------------------------------------------------
column <- function(values) {
  if (is.list(values) && length(values) && is.list(values[[1]])) {
    return(do.call(rbind, lapply(values, column)))
  }
  values <- lapply(values, function(x) if (is.null(x)) NA else if (identical(x, "Inf")) Inf else x)
  unlist(values)
}
space_of <- function(data) {
  space <- new.env()
  for (name in names(data)) {
    object <- data[[name]]
    value <- if (is.null(names(object))) column(object) else as.data.frame(lapply(object, column))
    assign(name, value, envir = space)
  }
  assign("ctl", list(threshold = 1e-12, tol = 1e-12, maxiter = 10000), envir = space)
  space
}
# One case a line, so that a changed number is a changed line.
written <- function(content) {
  json <- function(x) toJSON(x, digits = NA, null = "null", na = "null", auto_unbox = FALSE)
  head <- json(content[names(content) != "cases"])
  cases <- paste(vapply(content$cases, function(case) as.character(json(case)), ""), collapse = ",\n")
  cat(substr(head, 1L, nchar(head) - 1L), ',"cases":[\n', cases, "\n]}\n", sep = "")
}
