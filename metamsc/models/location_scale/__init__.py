"""Location-scale models: moderators of the mean effect and of the amount of heterogeneity."""
