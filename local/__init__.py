"""The whole system on this machine: what `template.yaml` declares, on moto, driven as AWS drives it."""
