import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.web import create_app
from spinecode.web.operations import openapi_path
from spinecode.web.settings import Settings, settings_from

from .conftest import WHOLE


def test_health(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok"}


def test_metrics(knowledge: Knowledge) -> None:
    client = create_app(knowledge).test_client()
    for _ in range(3):
        client.get("/select", query_string=WHOLE)
    client.get("/codes/00000")
    client.get("/nothing")
    response = client.get("/metrics")
    text = response.get_data(as_text=True)
    assert response.mimetype == "text/plain"
    assert 'spinecode_requests_total{route="/select",method="GET",status="200"} 3' in text
    assert 'spinecode_requests_total{route="/codes/<code>",method="GET",status="404"} 1' in text
    assert 'spinecode_request_seconds_count{route="/select"} 3' in text
    assert re.search(r'spinecode_request_seconds_sum\{route="/select"\} \d+\.\d+', text)
    assert "spinecode_kept_answers_total 2" in text
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.]+', line), line


def test_the_api_document(client: FlaskClient, app: Flask, index: RuleIndex) -> None:
    document = client.get("/openapi.json").get_json()
    validate(document)
    routes = {openapi_path(rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint != "assets.asset"}
    assert set(document["paths"]) == routes
    parameters = [one["name"] for one in document["paths"]["/select"]["get"]["parameters"]]
    assert parameters == [*(axis.name for axis in index.asked_axes), "date", "code", "text", "format"]
    for path, item in document["paths"].items():
        methods = {
            m for rule in app.url_map.iter_rules() if openapi_path(rule.rule) == path for m in rule.methods or ()
        }
        assert {name.upper() for name in item} == methods - {"HEAD", "OPTIONS"}, path


def test_the_examples_of_the_api_document_are_true(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    post = document["paths"]["/select"]["post"]
    for kind, content in post["requestBody"]["content"].items():
        for example in content.get("examples", {}).values():
            body = example["value"]
            options = {"json": body} if kind == "application/json" else {"data": body, "content_type": kind}
            assert client.post("/select", **options).status_code == 200
    differ = document["paths"]["/differ"]["get"]
    pair = next(one for one in differ["parameters"] if one["name"] == "code")["example"]
    answered = client.get("/differ", query_string={"code": ",".join(pair)}).get_json()
    assert differ["responses"]["200"]["content"]["application/json"]["example"] == answered


def test_answers_are_as_the_api_document_says(client: FlaskClient) -> None:
    from jsonschema import Draft202012Validator

    document = client.get("/openapi.json").get_json()

    def check(name: str, found: object) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(found)

    check("Selection", client.get("/select", query_string=WHOLE | {"code": "62321"}).get_json())
    check("Selection", client.get("/select").get_json())
    check("Selection", client.get("/select?approach=transforaminal&level=L3-L4,L4-L5&guidance=none").get_json())
    check("Comparison", client.get("/differ?code=62321,64483").get_json())
    check("Codes", client.get("/codes").get_json())
    check("Code", client.get("/codes/64484").get_json())
    check("Report", client.post("/validate", json=WHOLE | {"code": "62321"}).get_json())
    check("Problem", client.get("/select?region=x").get_json(force=True))
    check("Description", WHOLE)


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, knowledge: Knowledge) -> None:
    monkeypatch.setenv("SPINECODE_BODY_LIMIT", "100")
    monkeypatch.setenv("SPINECODE_QUERY_TIME_LIMIT", "2.5")
    found = settings_from({"result_limit": 10})
    assert found == Settings(body_limit=100, query_time_limit=2.5, result_limit=10)
    response = create_app(knowledge).test_client().post("/select", data="x" * 101, content_type="text/turtle")
    assert response.status_code == 413


@pytest.mark.parametrize("value", ["many", "0", "-1", "nan"])
def test_bad_settings(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SPINECODE_CACHE_LIMIT", value)
    with pytest.raises(InputError, match="SPINECODE_CACHE_LIMIT"):
        settings_from({})


def test_an_unknown_setting() -> None:
    with pytest.raises(InputError, match="no setting"):
        settings_from({"colour": 1})
