"""What PostHog's clients ask before they send: flags and settings. Part of that dialect.

Constants: nothing is on that would need a script or a store of the vendor's. No key is looked at
and nothing is stored. Contract: docs/wire/posthog.md, "What clients ask".
"""

from openbunker.web.http import Reply, Request

# The names are those that the vendor's browser library reads. There is no word on surveys: for them
# it loads a script as soon as it is told anything at all.
_CONFIG = {
    "supportedCompression": ["gzip", "gzip-js"],
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "defaultIdentifiedOnly": True,
    "hasFeatureFlags": False,
    "autocapture_opt_out": False,
    "isAuthenticated": False,
    "toolbarParams": {},
    "siteApps": [],
    **dict.fromkeys(
        (
            *("sessionRecording", "heatmaps", "capturePerformance"),
            *("captureDeadClicks", "autocaptureExceptions", "errorTracking", "logs"),
            *("productTours", "conversations"),
        ),
        False,
    ),
}
_FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
}


def config(_request: Request) -> Reply:
    """Answer the settings of a project: everything that is more than capture is off."""
    return Reply(200, _CONFIG)


def flags(_request: Request) -> Reply:
    """Answer that there are no feature flags; older clients find the settings beside them."""
    return Reply(200, {**_CONFIG, **_FLAGS})


def script(_request: Request) -> Reply:
    """Answer the script that a page loads first: an empty one, so that it asks for the settings."""
    kind = {"content-type": "text/javascript; charset=utf-8"}
    return Reply(200, None, kind)
