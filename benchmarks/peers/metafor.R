# Times of metafor: one job per call, data from CSV files in the folder named first. Prints "name seconds" per job.
suppressMessages(library(metafor))
options(warn = -1)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
jobs <- arguments[-1]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))

# Processor seconds of one run: the median of `repeats`, each of `inner` runs after one that does not count.
seconds <- function(work, repeats, inner = 1, warm = TRUE) {
  if (warm) work()
  median(sapply(seq_len(repeats), function(i) {
    start <- proc.time()
    for (j in seq_len(inner)) work()
    sum((proc.time() - start)[c("user.self", "sys.self")]) / inner
  }))
}
say <- function(name, value) cat(name, format(value, digits = 10), "\n")

for (job in jobs) {
  if (startsWith(job, "single-")) {
    dat <- read(job)
    k <- nrow(dat)
    say(job, seconds(function() rma(yi, vi, data = dat), if (k < 1000) 7 else 1, if (k < 1000) 20 else 1, k < 1000))
  } else if (job == "outcomes") {
    dat <- read(job)
    groups <- split(dat, dat$set)
    say(job, seconds(function() for (g in groups) try(rma(g$yi, g$vi), silent = TRUE), 1, 1, FALSE))
  } else if (job == "leave-one-out") {
    dat <- read(job)
    fit <- rma(yi, vi, data = dat)
    say(job, seconds(function() leave1out(fit), 3))
  } else if (job == "permutation") {
    dat <- read(job)
    fit <- rma(yi, vi, mods = ~x, data = dat)
    set.seed(1)
    say(job, seconds(function() permutest(fit, iter = 1000, progbar = FALSE), 1, 1, FALSE))
  } else if (startsWith(job, "three-level-")) {
    sparse <- endsWith(job, "-sparse")
    dat <- read(sub("-(sparse|dense)$", "", job))
    work <- function() rma.mv(yi, vi, random = ~ 1 | study / effect, data = dat, sparse = sparse)
    say(job, seconds(work, 1, 1, FALSE))
  }
}
cat("version", as.character(packageVersion("metafor")), "\n")
