"""How the tables change from one version of blazereps to the next."""
