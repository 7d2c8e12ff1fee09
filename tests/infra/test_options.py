"""How a stack is reached, started and rolled out: what each parameter changes, and nothing else."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import ROOT, settled, transformed
from tests.infra.test_template import SERVING, of_type

Document = dict[str, Any]
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
DOMAIN = {"DomainName": "events.example.com", "CertificateArn": CERTIFICATE}
HOT = {"TrackFunction", "BatchFunction"}


def changed(template: Document, translated: Document, values: Document) -> Document:
    """The resources that differ from those of the defaults, as they are with the parameters."""
    found = transformed(template, values)
    assert not set(translated) - set(found)
    return {name: one for name, one in found.items() if translated.get(name) != one}


def test_lean_is_neither_restored_nor_kept_warm(translated: Document) -> None:
    for name in of_type(translated, "AWS::Lambda::Function"):
        assert "SnapStart" not in translated[name]["Properties"]
        alias = translated[f"{name}Aliaslive"]["Properties"]
        assert "ProvisionedConcurrencyConfig" not in alias


def test_snapshots_are_of_the_functions_that_somebody_waits_for(
    template: Document, translated: Document
) -> None:
    found = changed(template, translated, {"ColdStart": "snapstart"})
    assert set(found) == SERVING
    for function in found.values():
        assert function["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_provisioned_keeps_the_hot_path_warm_and_never_beside_snapshots(
    template: Document, translated: Document
) -> None:
    found = changed(template, translated, {"ColdStart": "provisioned"})
    assert set(found) == {f"{name}Aliaslive" for name in HOT}
    for alias in found.values():
        kept = alias["Properties"]["ProvisionedConcurrencyConfig"]
        assert kept == {"ProvisionedConcurrentExecutions": {"Ref": "ProvisionedEnvironments"}}


def test_a_function_url_is_the_alias_of_track_and_answers_preflights_itself(
    template: Document, translated: Document
) -> None:
    found = changed(template, translated, {"FunctionUrl": "true"})
    assert set(found) == {"TrackUrl", "TrackUrlPermission", "TrackUrlInvokePermission"}
    url = found.pop("TrackUrl")["Properties"]
    # With Cors the URL would answer OPTIONS and override what a dialect allows.
    assert "Cors" not in url and url["AuthType"] == "NONE"
    assert (url["TargetFunctionArn"], url["Qualifier"]) == ({"Ref": "TrackFunction"}, "live")
    rights = {one["Properties"]["Action"]: one["Properties"] for one in found.values()}
    assert set(rights) == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert rights["lambda:InvokeFunctionUrl"]["FunctionUrlAuthType"] == "NONE"
    assert rights["lambda:InvokeFunction"]["InvokedViaFunctionUrl"] is True
    for one in rights.values():
        assert one["FunctionName"] == {"Ref": "TrackFunctionAliaslive"}


def test_track_may_do_what_the_routes_of_batches_want(resources: Document) -> None:
    def rights(name: str) -> list[Any]:
        (policy,) = resources[f"{name}Role"]["Properties"]["Policies"]
        logs = {"Fn::GetAtt": [f"{name}Logs", "Arn"]}
        every = policy["PolicyDocument"]["Statement"]
        return [one for one in every if one["Resource"] not in (logs, f"{name}Logs.Arn")]

    mine = [one for one in rights("Track") if "logs:PutLogEvents" not in one["Action"]]
    theirs = [one for one in rights("Batch") if "logs:PutLogEvents" not in one["Action"]]
    assert mine == theirs


def test_a_name_of_ones_own_leads_to_the_stage(template: Document, translated: Document) -> None:
    found = changed(template, translated, DOMAIN)
    assert set(found) == {"ApiDomain", "ApiDomainMapping"}
    mapping = found["ApiDomainMapping"]["Properties"]
    assert translated[mapping["Stage"]["Ref"]]["Type"] == "AWS::ApiGatewayV2::Stage"
    assert "ApiMappingKey" not in mapping

    zoned = changed(template, translated, {**DOMAIN, "HostedZoneId": "Z0123456789ABC"})
    assert set(zoned) - set(found) == {"ApiDomainRecord"}


def test_a_name_wants_a_certificate_and_a_zone_wants_both(template: Document) -> None:
    (assertion,) = template["Rules"]["DomainWithCertificate"]["Assertions"]

    def holds(part: Document, values: Document) -> bool:
        ((function, parts),) = part.items()
        if function == "Fn::Equals":
            return bool(values.get(parts[0]["Ref"], "") == parts[1])
        told = [holds(one, values) for one in parts]
        return {"Fn::Or": any(told), "Fn::And": all(told), "Fn::Not": not told[0]}[function]

    good: list[Document] = [{}, DOMAIN, {**DOMAIN, "HostedZoneId": "Z1"}]
    bad = [{"HostedZoneId": "Z1"}, {"DomainName": "a.example"}, {"CertificateArn": CERTIFICATE}]
    assert all(holds(assertion["Assert"], values) for values in good)
    assert not any(holds(assertion["Assert"], values) for values in bad)


def test_a_canary_goes_when_an_alarm_of_its_function_rings(
    template: Document, translated: Document
) -> None:
    found = changed(template, translated, {"Canary": "true"})
    groups = of_type(found, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{name}DeploymentGroup" for name in SERVING}
    for name in SERVING:
        group = groups[f"{name}DeploymentGroup"]["Properties"]
        assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        alarms = [one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Alarms"]]
        own = name.removesuffix("Function")
        assert alarms == [f"{own}FailedAlarm", f"{own}ErrorsAlarm"]
        assert all(alarm in translated for alarm in alarms)
        assert "CodeDeployLambdaAliasUpdate" in found[f"{name}Aliaslive"]["UpdatePolicy"]
    rest = set(found) - set(groups) - {f"{name}Aliaslive" for name in SERVING}
    assert rest == {"CodeDeployServiceRole", "ServerlessDeploymentApplication"}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("DomainName", ["", "events.example.com", "a-b.io"], ["https://a.io", "a.io/x", "A.io"]),
        ("CertificateArn", ["", CERTIFICATE], ["0f1e2d3c", "arn:aws:iam::123456789012:role/x"]),
        ("HostedZoneId", ["", "Z0123456789ABC"], ["/hostedzone/Z1", "example.com"]),
    ],
)
def test_a_wrong_text_is_refused_with_what_it_may_be(
    template: Document, name: str, good: list[str], bad: list[str]
) -> None:
    parameter = template["Parameters"][name]
    assert all(re.fullmatch(parameter["AllowedPattern"], one) for one in good)
    assert not any(re.fullmatch(parameter["AllowedPattern"], one) for one in bad)
    assert parameter["ConstraintDescription"].startswith("is empty, or ")


def test_a_choice_is_refused_with_what_there_is(template: Document) -> None:
    parameters = template["Parameters"]
    assert parameters["ColdStart"]["AllowedValues"] == ["lean", "snapstart", "provisioned"]
    for name in ("FunctionUrl", "Canary"):
        assert parameters[name]["AllowedValues"] == ["true", "false"]
        assert parameters[name]["Default"] == "false"


def test_the_two_stacks_of_samconfig_say_what_the_template_takes(template: Document) -> None:
    told = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    names = {told[one]["global"]["parameters"]["stack_name"] for one in ("default", "dev", "prod")}
    assert len(names) == 2  # prod is the stack that the guide made
    for one in ("dev", "prod"):
        settings = told[one]["deploy"]["parameters"]
        shared = told["default"]["deploy"]["parameters"]
        assert {name: settings[name] for name in shared if name != "confirm_changeset"} == {
            name: value for name, value in shared.items() if name != "confirm_changeset"
        }
        for pair in settings["parameter_overrides"].split():
            name, _, value = pair.partition("=")
            parameter = template["Parameters"][name]
            assert value in [str(v) for v in parameter.get("AllowedValues", [value])]
            assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)
    assert told["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_a_parameter_is_published_with_the_layer_that_holds_its_sum(
    template: Document, translated: Document
) -> None:
    """SAM itself publishes nothing for a parameter: were that to change, the sum could go."""

    def versions(resources: Document) -> set[str]:
        return set(of_type(resources, "AWS::Lambda::Version"))

    other = transformed(template, {"HotDays": 3, "ColdStart": "snapstart"})
    assert versions(other) == versions(translated)
    anew = transformed(template, {}, "layer-of-other-parameters")
    assert not versions(anew) & versions(translated)


def test_the_build_puts_the_sum_of_the_parameters_into_the_layer(tmp_path: Path) -> None:
    def steps(**told: str) -> str:
        command = ["make", "-n", "-C", str(ROOT / "layers" / "shared"), "build-SharedLayer"]
        given = {"PATH": os.environ["PATH"], "ARTIFACTS_DIR": str(tmp_path), **told}
        return subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout

    assert '"123 45" > ' in steps(PARAMETERS="123 45").replace("echo ", "")
    assert '[ -z "" ]' in steps()
    assert "cksum < samconfig.toml" in (ROOT / "scripts" / "build.sh").read_text(encoding="utf-8")


def test_defaults_change_no_resource_that_holds_data(
    template: Document, translated: Document
) -> None:
    """All parameters of this page leave them alone, too."""
    every = {"ColdStart": "snapstart", "FunctionUrl": "true", "Canary": "true", **DOMAIN}
    stores = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Glue::Database"}
    found = changed(template, translated, every)
    assert not stores & {one["Type"] for one in found.values()}
    assert settled(template, {})["Resources"]["Bucket"]
