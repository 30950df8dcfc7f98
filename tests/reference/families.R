# Make reference files from published data sets: every family of calls that the tests hold, on any data.
#
#   Rscript families.R DIRECTORY [NAME ...]
#
# Writes one JSON file for each data set (all of those below, or the names given). Needs metafor, metadat and
# jsonlite (Debian: r-cran-metafor, r-cran-metadat, r-cran-jsonlite). A data set is a few lines: code that makes
# `dat` (with yi and vi, or counts), and which moderators and families it is good for. Then:
#
#   python conformance.py DIRECTORY

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1]))
source(file.path(here, "results.R"))
suppressPackageStartupMessages(library(metadat))

METHODS <- c("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")

# ---- families: lists of calls by id ---------------------------------------------------------------
pooled <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  for (m in METHODS) for (t in c("z", "knha", "adhoc", "t")) {
    add(paste("rma", m, t, sep = "."), sprintf('rma(yi, vi, data=dat, method="%s", test="%s", control=ctl)', m, t))
  }
  one <- function(m, t = "z") sprintf('rma(yi, vi, data=dat, method="%s", test="%s", control=ctl)', m, t)
  for (t in c("z", "knha")) {
    fit <- one("REML", t)
    add(paste0("predict.", t), "predict(", fit, ")")
    for (p in c("simple", "t", "riley")) add(paste0("predict.", t, ".", p), "predict(", fit, ', pi.type="', p, '")')
    add(paste0("predict.", t, ".level90"), "predict(", fit, ", level=90)")
    add(paste0("confint.", t), "confint(", fit, ", fixed=TRUE, control=list(tol=1e-10))")
    add(paste0("leave1out.", t), "leave1out(", fit, ")")
    add(paste0("blup.", t), "blup(", fit, ")")
  }
  add("confint.level90", "confint(", one("REML"), ", level=90, control=list(tol=1e-10))")
  for (m in c("ML", "REML")) add(paste0("confint.PL.", m), "confint(", one(m), ', type="PL", control=list(tol=1e-10))')
  for (w in c("1/vi", "1/sqrt(vi)")) {
    add(paste0("rma.GENQ.", w), sprintf('rma(yi, vi, weights=%s, data=dat, method="GENQ")', w))
  }
  add("rma.unweighted", 'rma(yi, vi, data=dat, method="REML", weighted=FALSE, control=ctl)')
  add("rma.fixed_tau2", 'rma(yi, vi, data=dat, method="REML", tau2=0.05, control=ctl)')
  for (m in c("EE", "DL", "REML")) {
    for (f in c("influence", "baujat", "weights", "rstandard", "rstudent")) {
      add(paste(f, m, sep = "."), f, "(", one(m), ")")
    }
  }
  for (f in c("cooks.distance", "hatvalues", "dfbetas", "ranef")) add(f, f, "(", one("REML"), ")")
  add("cumul", "cumul(", one("REML"), ", order=dat$vi)")
  add("radial", "radial(", one("EE"), ")")
  add("hc", "hc(", one("DL"), ")")
  calls
}

small_study <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  one <- function(m, t = "z") sprintf('rma(yi, vi, data=dat, method="%s", test="%s", control=ctl)', m, t)
  for (p in c("sei", "vi")) {
    add(paste0("regtest.lm.", p), "regtest(", one("EE"), ', model="lm", predictor="', p, '")')
    add(paste0("regtest.rma.", p), "regtest(", one("REML"), ', model="rma", predictor="', p, '")')
    add(paste0("regtest.knha.", p), "regtest(", one("REML", "knha"), ', model="rma", predictor="', p, '")')
  }
  add("pet", "lm(yi ~ sqrt(vi), weights=1/vi, data=dat)")
  add("peese", "lm(yi ~ vi, weights=1/vi, data=dat)")
  add("ranktest", "ranktest(yi, vi, data=dat)")
  for (e in c("L0", "R0")) for (m in c("EE", "DL", "REML")) {
    add(paste("trimfill", e, m, sep = "."), "trimfill(", one(m), ', estimator="', e, '")')
  }
  for (t in c("Rosenthal", "Orwin", "Rosenberg")) add(paste0("fsn.", t), 'fsn(yi, vi, data=dat, type="', t, '")')
  add("tes", "tes(yi, vi, data=dat, progbar=FALSE)")
  add("tes.chi2", "tes(", one("REML"), ', test="chi2", progbar=FALSE)')
  for (m in c("ML", "EE")) {
    add(paste0("selmodel.stepfun.", m), "selmodel(", one(m), ', type="stepfun", alternative="greater", steps=.025,',
        ' control=list(optimizer="Nelder-Mead", reltol=1e-15, maxit=20000))')
  }
  n <- min(set$k, 10L)
  part <- sprintf('rma(yi, vi, data=dat[1:%d,], method="EE")', n)
  add("gosh", "gosh(", part, ", progbar=FALSE)")
  if (n >= 9) add("permutest", 'permutest(rma(yi, vi, data=dat[1:9,], method="DL"), exact=TRUE, progbar=FALSE)')
  calls
}

regression <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  for (name in names(set$mods)) {
    mods <- set$mods[[name]]
    one <- function(m, t = "z") {
      sprintf('rma(yi, vi, mods = %s, data=dat, method="%s", test="%s", control=ctl)', mods, m, t)
    }
    for (m in METHODS) add(paste("metareg", name, m, sep = "."), one(m))
    for (t in c("knha", "adhoc", "t")) add(paste("metareg", name, "REML", t, sep = "."), one("REML", t))
    add(paste0(name, ".confint"), "confint(", one("REML"), ", fixed=TRUE, control=list(tol=1e-10))")
    add(paste0(name, ".anova"), "anova(", one("ML"), ', rma(yi, vi, data=dat, method="ML", control=ctl))')
    add(paste0(name, ".anova.btt"), "anova(", one("REML", "knha"), ", btt=2)")
    add(paste0(name, ".vif"), "vif(", one("REML"), ")")
    for (f in c("influence", "blup", "rstandard", "predict")) add(paste(name, f, sep = "."), f, "(", one("REML"), ")")
    p <- set$p[[name]]
    if (p > 2) {
      contrast <- paste(c(0, 1, -1, rep(0, p - 3)), collapse = ",")
      add(paste0(name, ".anova.X"), "anova(", one("REML"), ", X=rbind(c(", contrast, ")))")
      both <- paste0("rbind(c(", paste(c(0, 1, rep(0, p - 2)), collapse = ","), "),c(", contrast, "))")
      add(paste0(name, ".anova.X.two"), "anova(", one("REML", "t"), ", X=", both, ")")
    }
  }
  if (!is.null(set$factor)) {
    f <- set$factor
    add("subgroup.common", sprintf("rma(yi, vi, mods = ~ factor(%s), data=dat, method=\"REML\", control=ctl)", f))
    add("subgroup.means", sprintf("rma(yi, vi, mods = ~ factor(%s) - 1, data=dat, method=\"EE\", control=ctl)", f))
    for (l in set$levels) {
      add(paste0("subgroup.", l), sprintf('rma(yi, vi, data=dat, subset=%s=="%s", control=ctl)', f, l))
    }
  }
  calls
}

location_scale <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  for (name in names(set$scale)) {
    s <- set$scale[[name]]
    one <- function(mods, rest = "") sprintf("rma(yi, vi, mods = %s, scale = %s, data=dat%s)", mods, s, rest)
    for (m in c("ML", "REML")) add(paste(name, m, sep = "."), one("~ 1", sprintf(', method="%s"', m)))
    add(paste0(name, ".both"), one(s))
    add(paste0(name, ".t"), one(s, ', test="t"'))
    add(paste0(name, ".knha"), one(s, ', test="knha"'))
    add(paste0(name, ".lrt"), "anova(", one("~ 1"), ", rma(yi, vi, mods = ~ 1, scale = ~ 1, data=dat))")
    add(paste0(name, ".att"), "anova(", one("~ 1"), ", att=2)")
    if (is.element(name, set$numeric_scale)) {
      add(paste0(name, ".newscale"), "predict(", one("~ 1"), ", newscale=c(0.5, 1))")
      add(paste0(name, ".new"), "predict(", one(s), ", newmods=c(0.5, 1), newscale=c(0.5, 1))")
      add(paste0(name, ".identity"), one("~ 1", ', link="identity"'))
    }
  }
  calls
}

# nlminb stops at 1e-10 of the likelihood by default; this is as near as it goes without refusing to stop.
MV <- "control=list(rel.tol=1e-10)"
multilevel <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  V <- if (is.null(set$V)) "vi" else set$V
  for (m in c("ML", "REML")) for (r in names(set$random)) {
    one <- sprintf('rma.mv(yi, %s, random = %s, data=dat, method="%s", %s)', V, set$random[[r]], m, MV)
    add(paste("mv", r, m, sep = "."), one)
  }
  for (r in names(set$random)) {
    plain <- function(rest = "") sprintf("rma.mv(yi, %s, random = %s, data=dat%s, %s)", V, set$random[[r]], rest, MV)
    add(paste0("mv.", r, ".t"), plain(', test="t"'))
    add(paste0("mv.", r, ".contain"), plain(', test="t", dfs="contain"'))
    add(paste0("mv.", r, ".predict"), "predict(", plain(), ")")
    add(paste0("mv.", r, ".confint"), "confint(", plain(), ")")
    for (f in c("hatvalues", "rstandard", "ranef")) add(paste("mv", r, f, sep = "."), f, "(", plain(), ")")
    add(paste0("mv.", r, ".weights"), "weights(", plain(), ', type="rowsum")')
    add(paste0("mv.", r, ".cook"), "cooks.distance(", plain(), ", cluster=", set$cluster, ", progbar=FALSE)")
    add(paste0("mv.", r, ".robust"), "robust(", plain(), ", cluster=", set$cluster, ")")
    add(paste0("mv.", r, ".robust.noadjust"), "robust(", plain(), ", cluster=", set$cluster, ", adjust=FALSE)")
    for (name in names(set$mods)) {
      with <- plain(paste0(", mods = ", set$mods[[name]]))
      add(paste("mv", r, name, sep = "."), with)
      add(paste("mv", r, name, "btt", sep = "."), "anova(", with, ", btt=2)")
      add(paste("mv", r, name, "vif", sep = "."), "vif(", with, ")")
      add(paste("mv", r, name, "robust", sep = "."), "robust(", with, ", cluster=", set$cluster, ")")
    }
  }
  calls
}

structured <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  mods <- if (is.null(set$structured_mods)) "" else paste0(", mods = ", set$structured_mods)
  V <- if (is.null(set$V)) "vi" else set$V
  for (s in set$struct) for (m in c("ML", "REML")) {
    one <- sprintf('rma.mv(yi, %s%s, random = %s, struct="%s", data=dat, method="%s", %s)', V, mods,
                   set$inner_outer, s, m, MV)
    add(paste("mv", s, m, sep = "."), one)
    if (m == "REML") {
      add(paste0("mv.", s, ".hatvalues"), "hatvalues(", one, ")")
      add(paste0("mv.", s, ".rstandard"), "rstandard(", one, ")")
      add(paste0("mv.", s, ".robust"), "robust(", one, ", cluster=", set$cluster, ")")
      if (is.element(s, c("CS", "AR", "CAR", "ID"))) {
        add(paste0("mv.", s, ".confint"), "confint(", one, ")")
        add(paste0("mv.", s, ".predict"), "predict(", one, ")")
      }
    }
  }
  for (s in setdiff(set$struct, set$struct[1])) {
    two <- vapply(c(set$struct[1], s), function(s) sprintf(
      'rma.mv(yi, %s%s, random = %s, struct="%s", data=dat, %s)', V, mods, set$inner_outer, s, MV), "")
    add(paste0("anova.", s), "anova(", two[1], ", ", two[2], ")")
  }
  calls
}

two_by_two <- function(set) {
  calls <- list()
  add <- function(id, ...) calls[[id]] <<- paste0(...)
  cells <- "ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat"
  for (m in c("RR", "OR", "RD", "AS", "PETO", "PHI", "YUQ", "YUY", "PBIT", "OR2DL", "OR2DN")) {
    add(paste0("escalc.", m), sprintf('escalc(measure="%s", %s)', m, cells))
  }
  for (m in c("RR", "OR", "RD")) {
    add(paste0("rma.mh.", m), sprintf('rma.mh(measure="%s", %s)', m, cells))
    add(paste0("rma.", m), sprintf('rma(measure="%s", %s, method="REML", control=ctl)', m, cells))
    for (f in c("leave1out", "cumul")) add(paste(f, m, sep = "."), f, sprintf('(rma.mh(measure="%s", %s))', m, cells))
  }
  add("rma.mh.OR.correct", sprintf('rma.mh(measure="OR", %s, correct=FALSE)', cells))
  add("rma.peto", sprintf("rma.peto(%s)", cells))
  add("leave1out.peto", sprintf("leave1out(rma.peto(%s))", cells))
  for (m in set$glmm) for (method in c("EE", "ML")) {
    add(paste("rma.glmm", m, method, sep = "."),
        sprintf('rma.glmm(measure="OR", %s, model="%s", method="%s")', cells, m, method))
  }
  calls
}

FAMILIES <- list(pooled = pooled, small_study = small_study, regression = regression,
                 location_scale = location_scale, multilevel = multilevel, structured = structured,
                 two_by_two = two_by_two)

# ---- data sets ------------------------------------------------------------------------------------
SETS <- list(
  bangertdrowns2004 = list(
    citation = "Bangert-Drowns, Hurley & Wilkinson (2004) Rev Educ Res 74:29-58",
    setup = 'dat <- dat.bangertdrowns2004[c("yi","vi","ni","length","meta")]; dat <- na.omit(dat); dat$ni100 <- dat$ni / 100',
    mods = list(ni100 = "~ ni100", length_meta = "~ length + factor(meta)", product = "~ ni100 * length"),
    p = list(ni100 = 2, length_meta = 3, product = 4), factor = "meta", levels = c("0", "1"),
    scale = list(ni100 = "~ ni100", length = "~ I(length/10)", meta = "~ factor(meta)"),
    numeric_scale = c("ni100", "length"),
    families = c("pooled", "small_study", "regression", "location_scale")
  ),
  molloy2014 = list(
    citation = "Molloy, O'Carroll & Ferguson (2014) Ann Behav Med 47:46-55",
    setup = paste('dat <- escalc(measure="ZCOR", ri=ri, ni=ni, data=dat.molloy2014);',
                  'dat <- data.frame(dat)[c("yi","vi","ni","controls","design","meanage","quality")]; dat <- na.omit(dat);',
                  'dat$yi <- as.numeric(dat$yi); dat$age10 <- dat$meanage / 10'),
    mods = list(age = "~ age10", design_quality = "~ factor(design) + quality", three = "~ age10 + quality + factor(controls)"),
    p = list(age = 2, design_quality = 4, three = 4), factor = "design", levels = c("prospective", "cross-sectional"),
    scale = list(quality = "~ I(quality/2)"), numeric_scale = "quality",
    families = c("pooled", "small_study", "regression", "location_scale")
  ),
  linde2005 = list(
    citation = "Linde, Berner, Egger & Mulrow (2005) Br J Psychiatry 186:99-107",
    setup = paste('raw <- dat.linde2005; dat <- escalc(measure="RR", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=raw);',
                  'dat <- data.frame(dat)[c("yi","vi","ai","n1i","ci","n2i","group","year")]; dat$yi <- as.numeric(dat$yi);',
                  'dat <- na.omit(dat); dat$decade <- (dat$year - 1990) / 10'),
    mods = list(decade = "~ decade", group = "~ factor(group)"), p = list(decade = 2, group = 5),
    factor = "group", levels = c("1", "2"), glmm = c("UM.FS", "CM.AL"),
    scale = list(decade = "~ decade"), numeric_scale = "decade",
    families = c("pooled", "small_study", "regression", "two_by_two", "location_scale")
  ),
  hine1989 = list(
    citation = "Hine, Laird, Hewitt & Chalmers (1989) Arch Intern Med 149:2694-2698",
    setup = paste('dat <- escalc(measure="RD", n1i=n1i, n2i=n2i, ai=ai, ci=ci, data=dat.hine1989);',
                  'dat <- data.frame(dat)[c("yi","vi","ai","n1i","ci","n2i")]; dat$yi <- as.numeric(dat$yi)'),
    glmm = c("UM.FS", "CM.AL"), families = c("pooled", "small_study", "two_by_two")
  ),
  yusuf1985 = list(
    citation = "Yusuf, Peto, Lewis, Collins & Sleight (1985) Prog Cardiovasc Dis 27:335-371",
    setup = paste('dat <- dat.yusuf1985[dat.yusuf1985$table == 6,]; dat <- escalc(measure="PETO", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat);',
                  'dat <- data.frame(dat)[c("yi","vi","ai","n1i","ci","n2i")]; dat$yi <- as.numeric(dat$yi); dat <- na.omit(dat)'),
    glmm = c("UM.FS", "CM.AL"), families = c("pooled", "small_study", "two_by_two")
  ),
  lee2004 = list(
    citation = "Lee & Done (2004) Cochrane Database Syst Rev CD003281",
    setup = paste('dat <- escalc(measure="OR", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat.lee2004);',
                  'dat <- data.frame(dat)[c("yi","vi","ai","n1i","ci","n2i","year")]; dat$yi <- as.numeric(dat$yi); dat$decade <- (dat$year - 1990) / 10'),
    mods = list(decade = "~ decade"), p = list(decade = 2), glmm = c("UM.FS", "CM.AL"),
    families = c("pooled", "small_study", "regression", "two_by_two")
  ),
  collins1985b = list(
    citation = "Collins, Yusuf & Peto (1985) BMJ 290:17-23",
    setup = paste('dat <- dat.collins1985b; dat <- escalc(measure="OR", ai=pre.xti, n1i=pre.nti, ci=pre.xci, n2i=pre.nci, data=dat);',
                  'dat <- data.frame(yi=as.numeric(dat$yi), vi=dat$vi, ai=dat$pre.xti, n1i=dat$pre.nti, ci=dat$pre.xci, n2i=dat$pre.nci)'),
    glmm = c("UM.FS", "CM.AL"), families = c("pooled", "small_study", "two_by_two")
  ),
  gibson2002 = list(
    citation = "Gibson et al. (2002) Cochrane Database Syst Rev CD001005",
    setup = paste('dat <- escalc(measure="SMD", m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i, data=dat.gibson2002);',
                  'dat <- data.frame(dat)[c("yi","vi","type")]; dat$yi <- as.numeric(dat$yi); dat <- na.omit(dat)'),
    mods = list(type = "~ factor(type)"), p = list(type = 4), families = c("pooled", "small_study", "regression")
  ),
  pignon2000 = list(
    citation = "Pignon et al. (2000) Lancet 355:949-955",
    setup = 'dat <- dat.pignon2000; dat <- data.frame(yi = dat$OmE / dat$V, vi = 1 / dat$V, type = substr(dat$trial, 1, 3))',
    families = c("pooled", "small_study")
  ),
  nielweise2007 = list(
    citation = "Niel-Weise, Stijnen & van den Broek (2007) Intensive Care Med 33:2058-2068",
    setup = 'dat <- dat.nielweise2007[c("ai","n1i","ci","n2i")]',
    glmm = c("UM.FS", "CM.AL", "CM.EL"), families = "two_by_two"
  ),
  assink2016 = list(
    citation = "Assink & Wibbelink (2016) Quant Meth Psych 12:154-174",
    setup = paste('dat <- dat.assink2016[c("study","esid","yi","vi","pubstatus","year","deltype")]; dat <- na.omit(dat);',
                  'dat$year10 <- dat$year / 10'),
    random = list(three = "~ 1 | study/esid", study = "~ 1 | study"), cluster = "study",
    mods = list(year = "~ year10", type = "~ factor(deltype)"), p = list(year = 2, type = 3),
    families = c("multilevel", "regression")
  ),
  bornmann2007 = list(
    citation = "Bornmann, Mutz & Daniel (2007) J Informetr 1:226-238",
    setup = paste('dat <- escalc(measure="OR", ai=waward, n1i=wtotal, ci=maward, n2i=mtotal, data=dat.bornmann2007);',
                  'dat <- data.frame(dat)[c("study","obs","yi","vi","type","discipline","year")]; dat$yi <- as.numeric(dat$yi);',
                  'dat <- na.omit(dat); dat$decade <- (dat$year - 1990) / 10'),
    random = list(three = "~ 1 | study/obs"), cluster = "study",
    mods = list(type = "~ factor(type)", decade = "~ decade"), p = list(type = 2, decade = 2),
    families = c("multilevel", "regression", "pooled")
  ),
  berkey1998 = list(
    citation = "Berkey, Hoaglin, Antczak-Bouckoms, Mosteller & Colditz (1998) Stat Med 17:2537-2550",
    setup = paste('dat <- dat.berkey1998[c("trial","author","year","outcome","yi","vi","v1i","v2i")];',
                  'V <- vcalc(vi=1, cluster=author, rvars=c(v1i, v2i), data=dat)'),
    V = "V", inner_outer = "~ outcome | trial", structured_mods = "~ outcome - 1", cluster = "trial",
    struct = c("UN", "CS", "HCS", "DIAG", "ID"), families = "structured"
  ),
  ishak2007 = list(
    citation = "Ishak, Platt, Joseph, Hanley & Caro (2007) Clin Trials 4:525-539",
    setup = paste('wide <- dat.ishak2007; dat <- reshape(wide, direction="long", idvar="study", v.names=c("yi","vi"),',
                  'varying=list(c("y1i","y2i","y3i","y4i"), c("v1i","v2i","v3i","v4i")));',
                  'dat <- dat[order(dat$study, dat$time),]; dat <- dat[!is.na(dat$yi),]; rownames(dat) <- NULL;',
                  'dat <- dat[c("study","time","yi","vi")]; V <- vcalc(vi, cluster=study, time1=time, phi=0.97, data=dat)'),
    V = "V", inner_outer = "~ time | study", structured_mods = "~ factor(time) - 1", cluster = "study",
    struct = c("HAR", "AR", "CAR", "CS", "HCS", "DIAG"), families = "structured"
  ),
  fine1993 = list(
    citation = "Fine, Dear, Loeffler, Black & Canellos (1993) Cancer 71:2585-2597; Trikalinos & Olkin (2012)",
    setup = paste('wide <- dat.fine1993; wide$study <- 1:nrow(wide);',
                  'dat <- reshape(wide, direction="long", idvar="study", v.names=c("e","c"), timevar="time",',
                  'varying=list(c("e1i","e2i","e3i","e4i"), c("c1i","c2i","c3i","c4i")));',
                  'dat <- escalc(measure="OR", ai=e, n1i=nei, ci=c, n2i=nci, data=dat, replace=FALSE);',
                  'dat <- data.frame(dat)[c("study","time","yi","vi")]; dat$yi <- as.numeric(dat$yi);',
                  'dat <- na.omit(dat); dat <- dat[order(dat$study, dat$time),]; rownames(dat) <- NULL'),
    inner_outer = "~ time | study", structured_mods = "~ factor(time) - 1", cluster = "study",
    struct = c("AR", "HAR", "CS", "CAR"), families = "structured"
  ),
  hasselblad1998 = list(
    citation = "Hasselblad (1998) Med Decis Making 18:37-43",
    setup = paste('raw <- dat.hasselblad1998; dat <- escalc(measure="PLO", xi=xi, ni=ni, data=raw, add=1/2, to="all");',
                  'dat <- data.frame(dat)[c("study","trt","yi","vi")]; dat$yi <- as.numeric(dat$yi)'),
    random = list(arms = "~ 1 | study", crossed = "list(~ 1 | study, ~ 1 | trt)"), cluster = "study",
    mods = list(trt = "~ factor(trt)"), p = list(trt = 4), families = "multilevel"
  )
)

# ---- files ------------------------------------------------------------------------------------------
made <- function(name) {
  set <- SETS[[name]]
  space <- new.env()
  for (e in parse(text = set$setup)) eval(e, space)
  space$ctl <- list(threshold = 1e-12, tol = 1e-12, maxiter = 10000)
  space$dat <- as.data.frame(lapply(as.list(space$dat), function(x) if (is.numeric(x)) as.numeric(x) else as.character(x)))
  set$k <- nrow(space$dat)
  calls <- do.call(c, unname(lapply(set$families, function(f) FAMILIES[[f]](set))))
  if (anyDuplicated(names(calls))) stop("ids twice: ", names(calls)[duplicated(names(calls))])
  stopped <- character(0)
  cases <- list()
  for (id in names(calls)) {
    result <- answer(calls[[id]], space)
    # What metafor itself cannot finish on these data tells nothing.
    if (!is.null(result$expect$error)) stopped <- c(stopped, paste0(id, ": ", result$expect$error))
    else cases[[length(cases) + 1L]] <- c(list(id = unbox(id), call = unbox(calls[[id]])), result)
  }
  data <- list(dat = as.list(space$dat))
  if (!is.null(set$V)) data$V <- unname(as.matrix(space[[set$V]]))
  message(name, ": ", length(cases), " cases, ", length(stopped), " that metafor cannot finish")
  list(dataset = unbox(paste0("dat.", name)), citation = unbox(set$citation),
       reference = unbox(paste("metafor", packageVersion("metafor"), "on", R.version.string)),
       setup = unbox(paste("ctl <- list(threshold=1e-12, tol=1e-12, maxiter=10000);", set$setup)),
       data = data, cases = cases, not_usable = stopped)
}

arguments <- commandArgs(trailingOnly = TRUE)
if (!length(arguments)) stop("usage: Rscript families.R DIRECTORY [NAME ...]")
names <- if (length(arguments) > 1L) arguments[-1] else names(SETS)
dir.create(arguments[1], showWarnings = FALSE, recursive = TRUE)
for (name in names) {
  sink(file.path(arguments[1], paste0(name, ".json")))
  content <- tryCatch(made(name), error = function(e) { message(name, " failed: ", conditionMessage(e)); NULL })
  if (!is.null(content)) written(content)
  sink()
}
