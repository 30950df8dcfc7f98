# Answer the calls of a reference file with the metafor installed here, and print the file anew.
#
#   Rscript regenerate.R FILE.json > NEW.json
#
# Needs metafor and jsonlite (Debian: r-cran-metafor, r-cran-jsonlite). A new case needs only "id" and
# "call"; its tree ("ast") and its numbers ("expect") are made here. families.R makes whole files.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(here, "results.R"))

path <- commandArgs(trailingOnly = TRUE)
if (length(path) != 1L) stop("usage: Rscript regenerate.R FILE.json")
content <- fromJSON(path, simplifyVector = FALSE)
space <- space_of(content$data)

# A subgroup test keeps the names of its file: Q_between, df, p.
renamed <- function(expect, before) {
  if (is.null(before$Q_between)) return(expect)
  out <- list(Q_between = expect$QM, df = expect$QMdf[[1]], p = expect$QMp)
  c(out, expect[intersect(names(before), c("tau2", "QE"))])
}
content$reference <- unbox(paste("metafor", packageVersion("metafor"), "on", R.version.string))
content$cases <- lapply(content$cases, function(case) {
  made <- answer(case$call, space)
  list(id = unbox(case$id), call = unbox(case$call), ast = made$ast, expect = renamed(made$expect, case$expect))
})
scalars <- function(x) if (is.character(x) && length(x) == 1L) unbox(x) else x
content[setdiff(names(content), c("data", "cases"))] <-
  lapply(content[setdiff(names(content), c("data", "cases"))], scalars)
content$data <- fromJSON(path, simplifyVector = TRUE)$data
written(content)
