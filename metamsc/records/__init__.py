"""Extraction records: one YAML file per study, read into frozen :class:`~metamsc.records.model.Study`."""
