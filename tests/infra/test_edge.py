"""edge.yaml fits the stack that it stands in front of."""

import re
from typing import Any

import pytest

from openbunker.web.edge import HEADER
from tests.infra.conftest import ROOT, read

Document = dict[str, Any]
EDGE = ROOT / "edge.yaml"


@pytest.fixture(scope="module")
def edge() -> Document:
    """The template with its short tags spelled out."""
    return read(EDGE)


@pytest.fixture(scope="module")
def distribution(edge: Document) -> Document:
    """What CloudFront is told."""
    found: Document = edge["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return found


def test_it_proves_itself_as_the_functions_want_it(
    edge: Document, template: Document, distribution: Document
) -> None:
    (origin,) = distribution["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header == {"HeaderName": HEADER, "HeaderValue": {"Ref": "EdgeSecret"}}
    mine, theirs = edge["Parameters"]["EdgeSecret"], template["Parameters"]["EdgeSecret"]
    assert mine["NoEcho"] is theirs["NoEcho"] is True
    for secret, both in (("a" * 32, True), ("a" * 31, False), ("a" * 32 + ",", False)):
        assert bool(re.fullmatch(mine["AllowedPattern"], secret)) is both
        assert bool(re.fullmatch(theirs["AllowedPattern"], secret)) is both
    assert re.fullmatch(theirs["AllowedPattern"], "a" * 32 + "," + "b" * 32)
    assert re.fullmatch(theirs["AllowedPattern"], "")
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["OPENBUNKER_EDGE_SECRET"] == {"Ref": "EdgeSecret"}


def test_posts_pass_whole_and_nothing_is_cached(distribution: Document) -> None:
    behaviour = distribution["DefaultCacheBehavior"]
    assert {"POST", "OPTIONS", "DELETE"} <= set(behaviour["AllowedMethods"])
    assert behaviour["ViewerProtocolPolicy"] == "https-only"
    # The id of AWS's policy CachingDisabled (CloudFront guide, "Use managed cache policies").
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert "OriginAccessControlId" not in distribution["Origins"][0]


def test_headers_pass_with_the_name_and_the_country(edge: Document) -> None:
    policy = edge["Resources"]["OriginRequests"]["Properties"]["OriginRequestPolicyConfig"]
    told = {"HeaderBehavior": "allViewerAndWhitelistCloudFront"}
    assert policy["HeadersConfig"] == {**told, "Headers": ["CloudFront-Viewer-Country"]}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_a_web_acl_stands_in_front_and_reads_no_body(
    edge: Document, distribution: Document
) -> None:
    assert distribution["WebACLId"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    acl = edge["Resources"]["WebAcl"]["Properties"]
    assert acl["Scope"] == "CLOUDFRONT"
    kinds = {next(iter(rule["Statement"])) for rule in acl["Rules"]}
    assert kinds == {"RateBasedStatement", "ManagedRuleGroupStatement"}
    assert "IpReputation" in str(acl["Rules"]) and "CommonRuleSet" not in str(acl["Rules"])


def test_it_is_made_in_one_region_and_every_parameter_says_what_it_takes(edge: Document) -> None:
    (assertion,) = edge["Rules"]["CloudFrontsRegion"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    for one in edge["Parameters"].values():
        assert one["Description"]
        assert "MinValue" in one or one["ConstraintDescription"]
    assert not re.fullmatch(edge["Parameters"]["OriginDomain"]["AllowedPattern"], "https://a.io")
    wrong = "arn:aws:acm:eu-west-1:123456789012:certificate/0f1e"
    assert not re.fullmatch(edge["Parameters"]["CertificateArn"]["AllowedPattern"], wrong)
