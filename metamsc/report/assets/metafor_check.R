# Recompute pooled results with metafor. Reads jobs.csv, rows.csv and design.csv in the folder given, writes
# found.csv there (job, quantity, value) and prints the version of metafor. Nothing else is read or written.
#
#   Rscript --vanilla metafor_check.R FOLDER

folder <- commandArgs(trailingOnly = TRUE)[1]
if (!suppressWarnings(suppressPackageStartupMessages(requireNamespace("metafor", quietly = TRUE)))) quit(status = 3)
suppressPackageStartupMessages(library(metafor))
jobs <- read.csv(file.path(folder, "jobs.csv"), colClasses = "character")
rows <- read.csv(file.path(folder, "rows.csv"))
cells <- read.csv(file.path(folder, "design.csv"))
tight <- list(threshold = 1e-12, tol = 1e-12, maxiter = 10000)

number <- function(text) if (nzchar(text)) as.numeric(text) else NULL

design_of <- function(id, k) {
  mine <- cells[cells$job == id, ]
  if (!nrow(mine)) return(matrix(1, k, 1))
  X <- matrix(0, k, max(mine$column))
  X[cbind(mine$row, mine$column)] <- mine$value
  X
}

coefficients_of <- function(fit) {
  out <- list()
  for (j in seq_along(fit$beta)) {
    values <- c(estimate = fit$beta[j], se = fit$se[j], ci.low = fit$ci.lb[j], ci.high = fit$ci.ub[j])
    names(values) <- paste0(j, ": ", names(values))
    out <- c(out, as.list(values))
  }
  out
}

refit <- function(job, data) {
  level <- 100 * as.numeric(job$level)
  counts <- function(fun, ...) fun(ai = data$ai, n1i = data$n1i, ci = data$ci, n2i = data$n2i, level = level, ...)
  if (job$kind == "uni") {
    X <- design_of(job$job, nrow(data))
    arguments <- list(yi = data$yi, vi = data$vi, mods = X, intercept = FALSE, method = job$tau2_method,
                      test = job$test, level = level, control = tight)
    arguments$tau2 <- number(job$tau2)
    fit <- do.call(rma.uni, arguments)
    return(c(list(tau2 = fit$tau2), coefficients_of(fit)))
  }
  if (job$kind == "mv") {
    X <- design_of(job$job, nrow(data))
    data$effect <- seq_len(nrow(data))
    V <- vcalc(vi, cluster = cluster, obs = effect, rho = as.numeric(job$rho), data = data)
    fitted <- function(control) {
      rma.mv(yi, V, mods = X, intercept = FALSE, random = ~ 1 | cluster / effect, data = data,
             method = job$tau2_method, level = level, control = control)
    }
    fit <- tryCatch(fitted(list(rel.tol = 1e-13, iter.max = 10000, eval.max = 10000)), error = function(e) {
      fitted(list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-15, maxit = 10000))
    })
    return(c(list(tau2 = sum(fit$sigma2)), coefficients_of(fit)))
  }
  if (job$kind == "mh") return(coefficients_of(counts(rma.mh, measure = job$measure)))
  if (job$kind == "peto") return(coefficients_of(counts(rma.peto)))
  glmer <- list(glmerCtrl = list(tolPwrss = 1e-10, optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e6)))
  control <- if (startsWith(job$model, "UM")) glmer else list()
  fit <- counts(rma.glmm, measure = "OR", model = job$model, method = job$tau2_method, test = job$test,
                control = control)
  c(list(tau2 = fit$tau2), coefficients_of(fit))
}

found <- lapply(split(jobs, seq_len(nrow(jobs))), function(job) {
  values <- tryCatch(suppressMessages(suppressWarnings(refit(job, rows[rows$job == job$job, ]))),
                     error = function(e) list(error = gsub("[\r\n\",]+", " ", conditionMessage(e))))
  data.frame(job = job$job, quantity = names(values),
             value = vapply(values, function(v) if (is.character(v)) v else format(v, digits = 17), character(1)))
})
write.csv(do.call(rbind, found), file.path(folder, "found.csv"), row.names = FALSE)
cat(as.character(packageVersion("metafor")))
