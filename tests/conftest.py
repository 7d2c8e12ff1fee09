"""What all tests share: a Hypothesis profile without a clock, so that a slow machine fails none."""

from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
