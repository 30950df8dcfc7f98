# Answer the calls of a reference file with the metafor installed here, and print the file anew.
#
#   Rscript regenerate.R FILE.json > NEW.json
#
# Needs metafor and jsonlite (Debian: r-cran-metafor, r-cran-jsonlite). A new case needs only "id" and
# "call"; its tree ("ast") and its numbers ("expect") are made here.

suppressPackageStartupMessages({
  library(metafor)
  library(jsonlite)
})

path <- commandArgs(trailingOnly = TRUE)
if (length(path) != 1L) stop("usage: Rscript regenerate.R FILE.json")
content <- fromJSON(path, simplifyVector = FALSE)

# ---- data: columns back to vectors (null is NA) -------------------------------------------------
column <- function(values) {
  if (is.list(values) && length(values) && is.list(values[[1]])) {
    return(do.call(rbind, lapply(values, column)))
  }
  values <- lapply(values, function(x) if (is.null(x)) NA else if (identical(x, "Inf")) Inf else x)
  unlist(values)
}
space <- new.env()
for (name in names(content$data)) {
  object <- content$data[[name]]
  value <- if (is.null(names(object))) column(object) else as.data.frame(lapply(object, column))
  assign(name, value, envir = space)
}
assign("ctl", list(threshold = 1e-12, tol = 1e-12, maxiter = 10000), envir = space)

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
fields_of <- function(x) {
  if (inherits(x, "rma.uni")) {
    out <- picked(x, c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "se.tau2", "I2",
                       "H2", "R2", "QE", "QEp", "QM", "QMdf", "QMp", "s2w", "int.only"))
    if (!isTRUE(x$int.only)) out$coef_names <- lapply(rownames(x$beta), unbox)
    return(out)
  }
  if (inherits(x, c("rma.mh", "rma.peto", "rma.glmm"))) {
    out <- picked(x, c("k", "p", "beta", "se", "zval", "pval", "ci.lb", "ci.ub", "ddf", "tau2", "se.tau2", "sigma2",
                       "I2", "H2", "QE", "QEp", "QE.Wld", "QEp.Wld", "QE.LRT", "QEp.LRT", "QM", "QMdf", "QMp", "MH",
                       "MHp", "BD", "BDp", "TA", "TAp", "CO", "COp", "k.yi", "int.only"))
    if (is.null(x$ddf) || is.na(x$ddf)) out$ddf <- NULL
    if (inherits(x, "rma.glmm")) {
      out$fit.stats <- list(ML = lapply(setNames(as.list(x$fit.stats$ML), rownames(x$fit.stats)), number))
    }
    return(out)
  }
  if (inherits(x, "list.rma") && !is.null(x$estimate)) {
    return(picked(x, c("estimate", "se", "zval", "pval", "ci.lb", "ci.ub", "Q", "Qp", "I2", "H2")))
  }
  if (inherits(x, "confint.rma")) {
    rows <- function(m) {
      names <- c("estimate", "ci.lb", "ci.ub")
      apply(m, 1, function(r) setNames(lapply(r[1:3], number), names), simplify = FALSE)
    }
    out <- list()
    if (!is.null(x$random)) out$random <- rows(x$random)
    if (!is.null(x$fixed)) out$fixed <- rows(x$fixed)
    return(out)
  }
  if (inherits(x, "escalc")) return(list(yi = lapply(x$yi, number), vi = lapply(x$vi, number)))
  if (is.list(x) && !is.null(x$pred)) return(picked(x, c("pred", "se", "ci.lb", "ci.ub", "pi.lb", "pi.ub")))
  if (is.numeric(x)) return(list(value = lapply(unname(x), number)))
  stop("no fields known for a result of class ", paste(class(x), collapse = "/"))
}
answer <- function(call) {
  expressions <- parse(text = call, keep.source = FALSE)
  local <- new.env(parent = space)
  out <- tryCatch({
    value <- NULL
    for (e in expressions) value <- suppressWarnings(eval(e, local))
    fields_of(value)
  }, error = function(e) list(error = unbox(conditionMessage(e))))
  list(ast = lapply(as.list(expressions), tree), expect = out)
}

# A subgroup test keeps the names of its file: Q_between, df, p.
renamed <- function(expect, before) {
  if (is.null(before$Q_between)) return(expect)
  out <- list(Q_between = expect$QM, df = expect$QMdf[[1]], p = expect$QMp)
  c(out, expect[intersect(names(before), c("tau2", "QE"))])
}
content$reference <- unbox(paste("metafor", packageVersion("metafor"), "on", R.version.string))
content$cases <- lapply(content$cases, function(case) {
  made <- answer(case$call)
  list(id = unbox(case$id), call = unbox(case$call), ast = made$ast, expect = renamed(made$expect, case$expect))
})
scalars <- function(x) if (is.character(x) && length(x) == 1L) unbox(x) else x
content[setdiff(names(content), c("data", "cases"))] <-
  lapply(content[setdiff(names(content), c("data", "cases"))], scalars)
content$data <- fromJSON(path, simplifyVector = TRUE)$data
cat(toJSON(content, digits = NA, null = "null", na = "null", auto_unbox = FALSE), "\n")
